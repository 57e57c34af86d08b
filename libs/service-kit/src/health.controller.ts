import { Controller, Get, Inject, Res } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import { NATS, type NatsConnection } from '@reenact/messaging';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { Lifecycle } from './lifecycle.js';
import { Metrics } from './metrics.js';

const CHECK_TIMEOUT_MS = 2_000;

/** What an operator's tools ask a service: does it live, may it get work, what does it count. */
@Controller()
export class HealthController {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly metrics: Metrics,
    private readonly database: DataSource,
    @Inject(NATS) private readonly nats: NatsConnection,
  ) {}

  @Get('healthz')
  healthz() {
    return { status: 'ok' };
  }

  @Get('readyz')
  async readyz() {
    const [database, nats] = await Promise.all([
      check(() => this.database.query('select 1')),
      check(() => (this.nats.isClosed() ? Promise.reject(new Error('closed')) : this.nats.rtt())),
    ]);
    const service = this.lifecycle.state === 'started' ? 'ok' : this.lifecycle.state;
    const checks = { service, database, nats };
    if (Object.values(checks).every((outcome) => outcome === 'ok')) return { status: 'ok', checks };
    throw new Problem('try_later', { detail: 'A part that this service needs does not answer', members: { checks } });
  }

  @Get('metrics')
  async read(@Res() reply: FastifyReply): Promise<void> {
    const { registry } = this.metrics;
    await reply.header('content-type', registry.contentType).send(await registry.metrics());
  }
}

async function check(ask: () => Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer'), CHECK_TIMEOUT_MS);
  });
  const answer = ask().then(
    () => 'ok',
    () => 'failed',
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
