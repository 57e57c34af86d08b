import fc from 'fast-check';
import { addressFault, ownRanges, parseRanges } from './address-rules.js';

const refusedAddresses = [
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '192.0.2.1',
  '198.18.0.1',
  '240.0.0.1',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd12::1',
  'ff02::1',
  '2001:db8::1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  'example.com',
  '',
];

describe('address-rules', () => {
  it.each(refusedAddresses)('refuses %s', (address) => {
    expect(addressFault(address, { allowed: [] })).toBeDefined();
  });

  it.each(['93.184.216.34', '8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])('lets %s pass', (address) => {
    expect(addressFault(address, { allowed: [] })).toBeUndefined();
  });

  it('opens what the configuration allows and nothing beside it', () => {
    const allowed = parseRanges('127.0.0.0/8, ::1, 10.1.0.0/16');
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '10.1.2.3', '::ffff:127.0.0.1']) {
      expect([address, addressFault(address, { allowed })]).toEqual([address, undefined]);
    }
    for (const address of ['10.2.0.1', '192.168.1.1', 'fe80::1', '169.254.169.254']) {
      expect(addressFault(address, { allowed })).toBeDefined();
    }
  });

  it("refuses the installation's own addresses, unless they are allowed", () => {
    const own = [
      ...ownRanges({
        lo: [{ address: '127.0.0.1' }, { address: '::1' }],
        eth0: [{ address: '8.8.8.8' }, { address: 'fe80::1%eth0' }],
      }),
      ...parseRanges('9.9.9.0/24'),
    ];
    for (const address of ['8.8.8.8', '::ffff:8.8.8.8', '9.9.9.10']) {
      expect(addressFault(address, { allowed: [], own })).toBe("the address is the installation's own");
      expect(addressFault(address, { allowed: parseRanges('8.8.8.8, 9.9.0.0/16'), own })).toBeUndefined();
    }
    expect(addressFault('8.8.4.4', { allowed: [], own })).toBeUndefined();
    expect(addressFault('fe80::1%eth1', { allowed: [], own })).toBeDefined();
  });

  it('judges IPv4 in IPv6 as IPv4', () => {
    fc.assert(
      fc.property(fc.ipV4(), (v4) => {
        expect(addressFault(`::ffff:${v4}`, { allowed: [] })).toEqual(addressFault(v4, { allowed: [] }));
      }),
    );
  });

  it('refuses a range that is none', () => {
    expect(() => parseRanges('localhost')).toThrow(/localhost/);
    expect(parseRanges(' ')).toEqual([]);
  });
});
