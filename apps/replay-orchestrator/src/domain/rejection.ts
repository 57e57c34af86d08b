import { REJECTIONS, type Rejection, type RejectionCode } from '@reenact/contracts';

/** All that stands against a replay, in words: every title and every remedy once, in the order of the codes. */
export function rejectionOf(codes: RejectionCode[], detail?: string): Rejection {
  const unique = [...new Set(codes)];
  return {
    codes: unique,
    code: unique[0],
    detail: detail ?? `${unique.map((code) => REJECTIONS[code].title).join('. ')}.`,
    remedy: `${[...new Set(unique.map((code) => REJECTIONS[code].remedy))].join('. ')}.`,
  };
}
