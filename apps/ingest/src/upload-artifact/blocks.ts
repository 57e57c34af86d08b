/** Large enough that few calls move much, small enough that two for each upload are no burden. */
export const BLOCK_BYTES = 512 * 1024;
const MAX_SPARE = 16;

const spare: Buffer[] = [];

/** Memory that threads share, used again and again: making it costs more than copying into it. */
export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.from(new SharedArrayBuffer(BLOCK_BYTES));
}

/** To be called once nobody reads it any more. */
export function giveBlock(block: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(block);
}
