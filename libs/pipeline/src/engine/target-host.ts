/**
 * Why a target may not be written so; undefined when it may: URL parsers read `2130706433`, `0x7f.1`, `127.1` or full-width digits as addresses,
 * and whoever looks at the text does not see which. `url` is an absolute URL of any scheme.
 */
export function targetHostFault(url: string): string | undefined {
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  const written = authority.replace(/^.*@/, '').replace(/:\d*$/, '').toLowerCase();
  if (written === '' || !URL.canParse(`http://${written}/`)) return 'the host is not one';
  const read = new URL(`http://${written}/`).hostname;
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(read) || read.startsWith('[');
  return isAddress && written !== read ? 'the host is a number in disguise' : undefined;
}
