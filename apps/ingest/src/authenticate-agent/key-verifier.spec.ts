import type { VerifiedKey, VerifyKeys } from '@reenact/contracts';
import type { RpcClient } from '@reenact/messaging';
import { FakeClock } from '@reenact/testing';
import { KeyVerifier } from './key-verifier.js';

const VALID = { outcome: 'valid', agentId: 'agt_1' } as const;

describe('key-verifier', () => {
  let clock: FakeClock;
  let asked: string[][];
  let verifier: KeyVerifier;
  let answer: (keyHashes: string[]) => Promise<{ keys: VerifiedKey[] }>;

  beforeEach(() => {
    clock = new FakeClock();
    asked = [];
    answer = async (keyHashes) => ({ keys: keyHashes.map((keyHash) => ({ keyHash, ...VALID })) });
    const call = (_contract: unknown, { keyHashes }: VerifyKeys) => {
      asked.push(keyHashes);
      return answer(keyHashes);
    };
    verifier = new KeyVerifier({ call } as unknown as RpcClient, clock);
  });

  it.each([
    ['its keys are forgotten', () => verifier.forget({ agentId: 'agt_1' })],
    ['the clock goes back', () => clock.advance(-1)],
    ['an answer that is waited for gets too old', () => clock.advance(1_000)],
  ])('answers everyone who asks about one key in one turn, although %s in between', async (_name, happens) => {
    const first = verifier.verify('a');
    happens();
    const second = verifier.verify('a');
    expect(await Promise.all([first, second])).toEqual([
      { keyHash: 'a', ...VALID },
      { keyHash: 'a', ...VALID },
    ]);
    expect(asked).toEqual([['a']]);
  });

  it('tells everyone who asks about one key in one turn that the catalog does not say', async () => {
    answer = () => Promise.reject(new Error('away'));
    const first = verifier.verify('a');
    verifier.forget({ agentId: 'agt_1' });
    const second = verifier.verify('a');
    const told = await Promise.allSettled([first, second]);
    expect(told.map((each) => each.status === 'rejected' && each.reason.code)).toEqual(['try_later', 'try_later']);
  });

  it('asks again about a key whose answer was on its way when it was forgotten', async () => {
    let tellLate!: (answer: { keys: VerifiedKey[] }) => void;
    const sent = new Promise<void>((resolve) => {
      answer = () => {
        resolve();
        return new Promise((tell) => {
          tellLate = tell;
        });
      };
    });
    const first = verifier.verify('a');
    await sent;
    verifier.forget({ agentId: 'agt_1' });
    answer = async () => ({ keys: [{ keyHash: 'a', outcome: 'revoked' }] });
    expect(await verifier.verify('a')).toMatchObject({ outcome: 'revoked' });
    tellLate({ keys: [{ keyHash: 'a', ...VALID }] });
    expect(await first).toMatchObject({ outcome: 'valid' });
    expect(await verifier.verify('a')).toMatchObject({ outcome: 'revoked' });
  });
});
