import { createPublicKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { DsseEnvelope, SignedKeySet } from '@reenact/contracts';
import {
  APPROVAL_KEY_USE,
  type ApprovalPayload,
  issueApprovalCredential,
  keyIdOf,
  publicKeyText,
  signKeySet,
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
    @Inject(APPROVAL_CONFIG) { approvalKeyFile, rootKeyFile }: ApprovalConfig,
    private readonly work: UnitOfWork,
    private readonly store: SigningKeyStore,
    private readonly clock: Clock,
  ) {
    this.approvalKey = openKeyFile(approvalKeyFile);
    this.rootKey = openKeyFile(rootKeyFile);
    writePublicKey(`${rootKeyFile}.pub`, this.rootKey);
  }

  /** A key file that was replaced is a rotation: the key before it stays good for what it has signed. */
  async onModuleInit(): Promise<void> {
    const publicKey = createPublicKey(this.approvalKey);
    const kid = keyIdOf(publicKey);
    await this.work.run((tx) =>
      this.store.activate(tx, {
        kid,
        use: APPROVAL_KEY_USE,
        alg: 'Ed25519',
        publicKey: publicKeyText(publicKey),
        status: 'active',
        notBefore: this.clock.now().toISOString(),
      }),
    );
  }

  sign(payload: ApprovalPayload): DsseEnvelope {
    return issueApprovalCredential(payload, { keyid: keyIdOf(this.approvalKey), privateKey: this.approvalKey });
  }

  async keySet(): Promise<SignedKeySet> {
    const keys = await this.store.list(this.work);
    return signKeySet(keys, this.clock.now().toISOString(), { keyid: keyIdOf(this.rootKey), privateKey: this.rootKey });
  }
}
