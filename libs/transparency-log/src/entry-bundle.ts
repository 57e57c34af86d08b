const MAX_ENTRY_BYTES = 0xffff;

/** A C2SP tlog-tiles entry bundle: each entry preceded by its length, big-endian, two bytes. Throws a RangeError over 65 535 bytes. */
export function encodeEntryBundle(entries: Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES) throw new RangeError(`an entry of ${entry.length} bytes does not fit into a bundle`);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** The entries of a bundle. Throws a RangeError when it is cut off. */
export function decodeEntryBundle(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 + (at + 2 <= bundle.length ? bundle.readUInt16BE(at) : MAX_ENTRY_BYTES);
    if (end > bundle.length) throw new RangeError('the entry bundle is cut off');
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
