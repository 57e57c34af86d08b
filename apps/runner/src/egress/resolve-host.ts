import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { addressFault, type EgressRules } from '../domain/address-rules.js';
import { refused } from '../domain/target-refused.js';

export interface HostAddress {
  address: string;
  family: 4 | 6;
}

/**
 * The address to connect to, looked up once and checked; connecting to it and to nothing else is the caller's part. Throws `target_refused`
 * when any address of the host is not allowed, since a name may answer with another of them next time.
 */
export async function resolveHost(hostname: string, rules: EgressRules): Promise<HostAddress> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  const found = family ? [{ address: host, family }] : await lookup(host, { all: true });
  for (const { address } of found) {
    const fault = addressFault(address, rules);
    if (fault) throw refused(`${hostname}: ${fault}`);
  }
  const [first] = found;
  if (!first) throw refused(`${hostname} has no address`);
  return { address: first.address, family: first.family as 4 | 6 };
}
