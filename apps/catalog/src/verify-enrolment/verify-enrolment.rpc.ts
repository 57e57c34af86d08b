import { Controller } from '@nestjs/common';
import { Problem, sha256, VerifyEnrolment, verifyEnrolment } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { judgeEnrolment } from '../domain/enrolment.js';
import { EnrolmentStore } from '../store/enrolment.store.js';

@Controller()
export class VerifyEnrolmentRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly enrolments: EnrolmentStore,
    private readonly clock: Clock,
  ) {}

  @Rpc(verifyEnrolment)
  async verify({ tokenHash, nonce }: VerifyEnrolment): Promise<{ environmentId: string }> {
    const enrolment = await this.enrolments.findBySecret(this.work, tokenHash);
    if (!enrolment) throw new Problem('credential_invalid');
    const { environmentId } = enrolment;
    judgeEnrolment(enrolment, { environmentId, ...(nonce !== undefined && { nonceHash: sha256(nonce) }) }, this.clock.now());
    return { environmentId };
  }
}
