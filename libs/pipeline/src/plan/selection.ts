/** Which records of a journal are replayed; what is absent does not restrict. */
export interface Selection {
  /** First offset, inclusive. */
  fromOffset?: number;
  /** Last offset, inclusive. */
  toOffset?: number;
  /** Only the last so many of the records that the other members leave. */
  lastN?: number;
  /** CEL over the record that gives a bool; a record it fails on is not selected. */
  where?: string;
}

/** A selection fully written out, as headers hold it. */
export interface FullSelection {
  fromOffset: number | null;
  toOffset: number | null;
  lastN: number | null;
  where: string | null;
}

/** Writes a selection out: absent members become null. */
export function fullSelection(selection: Selection = {}): FullSelection {
  const { fromOffset = null, toOffset = null, lastN = null, where = null } = selection;
  return { fromOffset, toOffset, lastN, where };
}
