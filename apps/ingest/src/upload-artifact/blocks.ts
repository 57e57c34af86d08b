/** Large enough that few calls move much, small enough that two for each upload are no burden. */
export const BLOCK_BYTES = 256 * 1024;
/** As many as busy times need: memory that is dropped and made anew all the time is collected too late. */
const MAX_SPARE = 128;

const spare: Buffer[] = [];

/** Memory that threads share, used again and again: making it costs more than copying into it. */
export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.from(new SharedArrayBuffer(BLOCK_BYTES));
}

/** To be called once nobody reads it any more. */
export function giveBlock(block: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(block);
}
