import { Inject, Injectable } from '@nestjs/common';
import { type CallContext, type Execute, listSigningKeys } from '@reenact/contracts';
import { type ApprovalPayload, verifyApprovalCredential, verifyKeySet } from '@reenact/credentials';
import { RpcClient } from '@reenact/messaging';
import { type ExecutePoolConfig, RUNNER_CONFIG, rootKeyOf } from '../runner.config.js';
import { type Patience, patiently } from '../take-runs/patiently.js';
import { credentialRefusal, Refused } from './refused.js';

/** Verifies credentials with keys that the configured root key vouches for; nobody's word is taken. */
@Injectable()
export class CredentialCheck {
  private readonly rootKey;

  constructor(
    @Inject(RUNNER_CONFIG) config: ExecutePoolConfig,
    private readonly rpc: RpcClient,
  ) {
    this.rootKey = rootKeyOf(config.rootPublicKey);
  }

  /** What was signed, or undefined for a command that claims no approval. Throws Refused. */
  async verify(command: Execute, orgId: string, context: CallContext, patience: Patience): Promise<ApprovalPayload | undefined> {
    if (command.approvalId === undefined && command.credential === undefined) return undefined;
    if (command.approvalId === undefined || command.credential === undefined) {
      throw new Refused(['approval_missing'], 'an approval comes with its credential');
    }
    const set = await patiently(() => this.rpc.call(listSigningKeys, { orgId }, context), patience);
    try {
      return verifyApprovalCredential(command.credential, verifyKeySet(set, this.rootKey).keys).payload;
    } catch (error) {
      throw credentialRefusal(error);
    }
  }
}
