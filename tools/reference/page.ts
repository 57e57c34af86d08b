/** One page of the reference: what it is made from is said at its head. */
export const page = (title: string, from: string, ...parts: string[]) =>
  `# ${title}\n\nGenerated from \`${from}\` by \`npm run reference\`; a test holds it to the code.\n\n${parts.join('\n\n')}\n`;

export const table = (head: string[], rows: string[][]) =>
  [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n');

const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
