import { HttpException } from '@nestjs/common';
import { Problem, type ProblemCode } from '@reenact/contracts';

const BY_FASTIFY_CODE: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_json',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_ROUTE_MAX_PARAM_LENGTH: 'not_found',
};

const BY_STATUS: Record<number, ProblemCode> = {
  400: 'malformed_json',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  414: 'not_found',
  415: 'unsupported_media_type',
  416: 'range_not_satisfiable',
  429: 'rate_limited',
  503: 'try_later',
};

/** The problem that an error means to the outside. What is none of ours becomes `internal`, its details kept as the cause. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, statusCode } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: string;
    statusCode?: number;
  };
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  const known = (code !== undefined && BY_FASTIFY_CODE[code]) || (status !== undefined && BY_STATUS[status]);
  return new Problem(known || 'internal', { cause: error });
}
