import { createPublicKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type DsseEnvelope, Problem, type SignedKeySet } from '@reenact/contracts';
import {
  APPROVAL_KEY_USE,
  type ApprovalPayload,
  CredentialError,
  issueApprovalCredential,
  keyIdOf,
  publicKeyText,
  renderCompactV1,
  signKeySet,
  verifyApprovalCredential,
} from '@reenact/credentials';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { APPROVAL_CONFIG, type ApprovalConfig } from '../approval.config.js';
import { SigningKeyStore } from '../store/signing-key.store.js';
import { openKeyFile, writePublicKey } from './key-file.js';

/** The installation's key that signs credentials, and the root key that vouches for it. */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private readonly approvalKey: KeyObject;
  private readonly rootKey: KeyObject;

  constructor(
    @Inject(APPROVAL_CONFIG) private readonly config: ApprovalConfig,
    private readonly work: UnitOfWork,
    private readonly store: SigningKeyStore,
    private readonly clock: Clock,
  ) {
    this.approvalKey = openKeyFile(config.approvalKeyFile);
    this.rootKey = openKeyFile(config.rootKeyFile);
    writePublicKey(`${config.rootKeyFile}.pub`, this.rootKey);
  }

  /**
   * A key file that was replaced is a rotation: the key before it stays good for what it has signed, and for a day signs on where a replica
   * still has it. Throws where the file holds a key whose time is over.
   */
  async onModuleInit(): Promise<void> {
    const publicKey = createPublicKey(this.approvalKey);
    const kid = keyIdOf(publicKey);
    const now = this.clock.now();
    const key = await this.work.run(async (tx) => {
      const active = {
        kid,
        use: APPROVAL_KEY_USE,
        alg: 'Ed25519',
        publicKey: publicKeyText(publicKey),
        status: 'active',
      } as const;
      await this.store.activate(tx, { ...active, notBefore: now.toISOString() });
      await this.store.retire(tx, this.config.retiredKeys ?? []);
      return this.store.find(tx, kid);
    });
    const isOver = key.status === 'retired' || (key.notAfter !== undefined && Date.parse(key.notAfter) <= now.getTime());
    if (isOver)
      throw new Error(`${this.config.approvalKeyFile} holds the key ${kid}, which is ${key.status}: put a new one there`);
  }

  sign(payload: ApprovalPayload): DsseEnvelope {
    return issueApprovalCredential(payload, { keyid: keyIdOf(this.approvalKey), privateKey: this.approvalKey });
  }

  /** A credential as compact-v1. Only what a key of ours has signed is signed again: a record is no proof of that. Throws `credential_rejected`. */
  async renderCompact(envelope: DsseEnvelope): Promise<string> {
    try {
      const { payload } = verifyApprovalCredential(envelope, await this.store.list(this.work));
      return renderCompactV1(payload, { keyid: keyIdOf(this.approvalKey), privateKey: this.approvalKey });
    } catch (error) {
      throw error instanceof CredentialError
        ? new Problem('credential_rejected', { detail: error.message, cause: error })
        : error;
    }
  }

  async keySet(): Promise<SignedKeySet> {
    const keys = await this.store.list(this.work);
    return signKeySet(keys, this.clock.now().toISOString(), { keyid: keyIdOf(this.rootKey), privateKey: this.rootKey });
  }
}
