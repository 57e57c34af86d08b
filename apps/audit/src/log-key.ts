import { createPublicKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { privateKeyOf } from '@reenact/credentials';
import { type NoteSigner, verifierKey } from '@reenact/transparency-log';
import { AUDIT_CONFIG, type AuditConfig } from './audit.config.js';

/** The key that signs all logs of the installation, each under its own origin. */
@Injectable()
export class LogKey {
  private readonly privateKey: KeyObject;
  private readonly host: string;

  constructor(@Inject(AUDIT_CONFIG) { logKey, logOrigin }: AuditConfig) {
    this.privateKey = privateKeyOf(logKey);
    this.host = logOrigin;
  }

  originOf(log: string): string {
    return `${this.host}/${log}`;
  }

  signerOf(log: string): NoteSigner {
    return { name: this.originOf(log), privateKey: this.privateKey };
  }

  verifierKeyOf(log: string): string {
    return verifierKey(this.originOf(log), createPublicKey(this.privateKey));
  }
}
