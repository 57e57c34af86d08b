import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  enrolmentTokenIssued,
  type IssuedEnrolmentToken,
  type IssueEnrolmentToken,
  newId,
  Problem,
} from '@reenact/contracts';
import { generateSecret, secretHash } from '@reenact/credentials';
import { Outbox } from '@reenact/messaging';
import { IdempotencyStore, type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { enrolmentExpiry } from '../domain/enrolment.js';
import { EnrolmentStore } from '../store/enrolment.store.js';
import { EnvironmentStore } from '../store/environment.store.js';

type Token = Omit<IssuedEnrolmentToken, 'token'>;

@Injectable()
export class IssueEnrolmentTokenHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly environments: EnvironmentStore,
    private readonly enrolments: EnrolmentStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** A repeated request answers the same token with another secret: answers are kept for repeats, and no secret may be kept. */
  execute(request: IssueEnrolmentToken, context: CallContext): Promise<IssuedEnrolmentToken> {
    const { idempotency: claim } = request;
    return this.work.run(async (tx) => {
      const issue = () => this.issue(tx, request, context);
      const { id, expiresAt } = await (claim ? this.idempotency.once(tx, claim, issue) : issue());
      const token = generateSecret('enrolment_token', id, randomBytes(32));
      await this.enrolments.addSecret(tx, id, secretHash(token));
      return { id, token, expiresAt };
    });
  }

  private async issue(tx: Transaction, { environmentId, ttl }: IssueEnrolmentToken, context: CallContext): Promise<Token> {
    const found = await this.environments.find(tx, environmentId);
    if (!found) throw new Problem('not_found');
    const at = this.clock.now();
    const expiry = enrolmentExpiry(at, ttl);
    if (found.environment.state === 'archived') throw new Problem('environment_archived');
    const { orgId, projectId } = found.environment;
    const id = newId('enrolment');
    const expiresAt = expiry.toISOString();
    await this.enrolments.insert(tx, { id, environmentId, expiresAt: expiry, at });
    await this.outbox.add(tx, context, [
      { contract: enrolmentTokenIssued, data: { id, expiresAt }, orgId, projectId, environmentId, aggregate: { id, version: 1 } },
    ]);
    return { id, expiresAt };
  }
}
