import { Inject, Injectable } from '@nestjs/common';
import {
  type CallContext,
  canonicalSha256,
  type Execute,
  listSigningKeys,
  type SignedKeySet,
  type SigningKey,
} from '@reenact/contracts';
import { type ApprovalPayload, CredentialError, verifyApprovalCredential, verifyKeySet } from '@reenact/credentials';
import { Clock } from '@reenact/service-kit';
import { type ExecutePoolConfig, RUNNER_CONFIG, rootKeyOf } from '../runner.config.js';
import { type Patience, patiently } from '../take-runs/patiently.js';
import { SharedCalls } from '../take-runs/shared-calls.js';
import { credentialRefusal, Refused } from './refused.js';

/** A key set is signed when it is asked for; clocks of different machines may be apart. */
const KEY_SET_LIVES_MS = 5 * 60_000;

/** Verifies credentials with keys that the configured root key vouches for; nobody's word is taken. */
@Injectable()
export class CredentialCheck {
  private readonly rootKey;
  private verified: { digest: string; keys: SigningKey[]; issuedAt: string } | undefined;

  constructor(
    @Inject(RUNNER_CONFIG) config: ExecutePoolConfig,
    private readonly calls: SharedCalls,
    private readonly clock: Clock,
  ) {
    this.rootKey = rootKeyOf(config.rootPublicKey);
  }

  /** What was signed, or undefined for a command that claims no approval. Throws Refused. */
  async verify(command: Execute, orgId: string, context: CallContext, patience: Patience): Promise<ApprovalPayload | undefined> {
    if (command.approvalId === undefined && command.credential === undefined) return undefined;
    if (command.approvalId === undefined || command.credential === undefined) {
      throw new Refused(['approval_missing'], 'an approval comes with its credential');
    }
    const set = await patiently(() => this.calls.ask(listSigningKeys, { orgId }, context), patience);
    try {
      return verifyApprovalCredential(command.credential, this.keysOf(set)).payload;
    } catch (error) {
      throw credentialRefusal(error);
    }
  }

  /**
   * The keys of a set whose signature holds and which is of now: an older one may name a key as good that has been retired since. The set
   * that was verified last is known by its bytes.
   */
  private keysOf(set: SignedKeySet): SigningKey[] {
    const digest = canonicalSha256(set.envelope);
    if (this.verified?.digest !== digest) this.verified = { digest, ...verifyKeySet(set, this.rootKey) };
    const { keys, issuedAt } = this.verified;
    if (Math.abs(this.clock.now().getTime() - Date.parse(issuedAt)) > KEY_SET_LIVES_MS)
      throw new CredentialError('key_unknown', `the key set is of ${issuedAt}, which is not now`);
    return keys;
  }
}
