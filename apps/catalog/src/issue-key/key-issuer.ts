import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type AgentKey,
  type CallContext,
  KEY_SCOPES,
  type KeyScope,
  keyIssued,
  keyRevoked,
  newId,
  Problem,
} from '@reenact/contracts';
import { generateSecret, secretHash } from '@reenact/credentials';
import { Outbox } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import type { StoredAgent } from '../store/agent.store.js';
import { EnvironmentStore } from '../store/environment.store.js';
import { KeyStore } from '../store/key.store.js';

/** How many keys of an agent are good at once: the old one and the new one of a rotation. */
const LIVE_KEYS = 2;

export interface IssuedKey {
  key: AgentKey;
  /** The secret, shown once. */
  apiKey: string;
}

/** Makes keys, for a rotation and for an enrolment. The agent's row is locked by the caller. */
@Injectable()
export class KeyIssuer {
  constructor(
    private readonly keys: KeyStore,
    private readonly environments: EnvironmentStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async issue(
    tx: Transaction,
    agent: StoredAgent,
    context: CallContext,
    { scopes = KEY_SCOPES, stays }: { scopes?: readonly KeyScope[]; stays?: string } = {},
  ): Promise<IssuedKey> {
    const { id: agentId, orgId, projectId, environmentId } = agent;
    const found = await this.environments.find(tx, environmentId);
    if (found?.environment.state !== 'active') throw new Problem('environment_archived');
    const id = newId('key');
    const apiKey = generateSecret('agent_key', id, randomBytes(32));
    const createdAt = this.clock.now();
    const sorted = KEY_SCOPES.filter((scope) => scopes.includes(scope));
    const key = await this.keys.insert(tx, { id, agentId, hash: secretHash(apiKey), scopes: sorted, createdAt });
    const revoked = await this.keys.revokeAllBut(tx, { agentId, newest: id, stays, kept: LIVE_KEYS }, createdAt);
    const place = { orgId, projectId, environmentId };
    await this.outbox.add(tx, context, [
      { contract: keyIssued, data: { keyId: id, agentId }, ...place, aggregate: { id, version: 1 } },
      ...revoked.map((keyId) => ({
        contract: keyRevoked,
        data: { keyId, agentId },
        ...place,
        aggregate: { id: keyId, version: 2 },
      })),
    ]);
    return { key, apiKey };
  }

  /** The same key once more, for an answer that was lost: with another secret, since the first is not kept. Undefined: it is no key any more. */
  async reissue(tx: Transaction, agentId: string, id: string): Promise<IssuedKey | undefined> {
    const apiKey = generateSecret('agent_key', id, randomBytes(32));
    const key = await this.keys.replaceSecret(tx, { id, agentId, hash: secretHash(apiKey) }, this.clock.now());
    return key && { key, apiKey };
  }
}
