import { Injectable } from '@nestjs/common';
import { newUuid, Problem, type VerifiedKey, verifyKeys } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { Clock } from '@reenact/service-kit';

/** How long an answer of the catalog holds: revocation reaches every replica within that time. */
const FRESH_MS = 1_000;
const MAX_KNOWN = 10_000;
const MAX_BATCH = 500;
const TIMEOUT_MS = 2_000;

interface Asked {
  at: number;
  answer: Promise<VerifiedKey>;
  /** Once the answer is there. */
  key?: VerifiedKey;
}

/** A question about a key that is still to be sent. */
interface Waiting {
  answer: Promise<VerifiedKey>;
  resolve(key: VerifiedKey): void;
  reject(error: unknown): void;
}

/** Whose keys an announcement is about. */
export type KeyOwner = Partial<Pick<VerifiedKey, 'keyId' | 'agentId' | 'environmentId'>>;

/** Asks the catalog about keys: at most once a second about each, and about many at once. */
@Injectable()
export class KeyVerifier {
  private readonly known = new Map<string, Asked>();
  private waiting = new Map<string, Waiting>();

  constructor(
    private readonly rpc: RpcClient,
    private readonly clock: Clock,
  ) {}

  /** Throws `try_later` when the catalog does not say. */
  verify(keyHash: string): Promise<VerifiedKey> {
    const now = this.clock.now().getTime();
    const known = this.known.get(keyHash);
    // A clock that went back must not make an answer last longer.
    if (known && now >= known.at && now - known.at < FRESH_MS) return known.answer;
    if (this.known.size >= MAX_KNOWN) this.forgetOld(now);
    const answer = this.ask(keyHash);
    const asked: Asked = { at: now, answer };
    this.known.set(keyHash, asked);
    answer.then(
      (key) => {
        asked.key = key;
      },
      // What failed is asked again, not remembered.
      () => {
        if (this.known.get(keyHash) === asked) this.known.delete(keyHash);
      },
    );
    return answer;
  }

  /** The next request with such a key asks again; also where the answer is still on its way and may be older than the change. */
  forget(owner: KeyOwner): void {
    const same = Object.entries(owner) as [keyof KeyOwner, string][];
    for (const [keyHash, { key }] of this.known) {
      if (!key || same.some(([name, id]) => key[name] === id)) this.known.delete(keyHash);
    }
  }

  private ask(keyHash: string): Promise<VerifiedKey> {
    // Its answer is forgotten though it was not asked for yet: one question serves both, since nothing newer could be known.
    const waiting = this.waiting.get(keyHash);
    if (waiting) return waiting.answer;
    if (this.waiting.size === 0) setImmediate(() => void this.send());
    let settle!: Pick<Waiting, 'resolve' | 'reject'>;
    const answer = new Promise<VerifiedKey>((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.waiting.set(keyHash, { answer, ...settle });
    return answer;
  }

  private async send(): Promise<void> {
    const asked = [...this.waiting];
    this.waiting = new Map();
    for (let at = 0; at < asked.length; at += MAX_BATCH) await this.sendBatch(asked.slice(at, at + MAX_BATCH));
  }

  private async sendBatch(asked: [string, Waiting][]): Promise<void> {
    try {
      const context = { actor: { kind: 'service', id: 'ingest' }, correlationId: newUuid() } as const;
      const request = { keyHashes: asked.map(([keyHash]) => keyHash) };
      const { keys } = await this.rpc.call(verifyKeys, request, context, { timeoutMs: TIMEOUT_MS });
      const byHash = new Map(keys.map((key) => [key.keyHash, key]));
      for (const [keyHash, { resolve }] of asked) resolve(byHash.get(keyHash) ?? { keyHash, outcome: 'unknown' });
    } catch (cause) {
      // Whatever went wrong over there: it says nothing about the key.
      for (const [, { reject }] of asked) reject(new Problem('try_later', { detail: 'The key cannot be checked now', cause }));
    }
  }

  private forgetOld(now: number): void {
    for (const [keyHash, { at }] of this.known) if (now < at || now - at >= FRESH_MS) this.known.delete(keyHash);
    if (this.known.size >= MAX_KNOWN) this.known.clear();
  }
}
