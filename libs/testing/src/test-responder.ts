import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CallContext, RpcContract } from '@reenact/contracts';
import { Rpc, RpcServer } from '@reenact/messaging';

/** One request that a test answers in the place of the service that owns it. */
export interface Answering {
  contract: RpcContract;
  handler: (request: never, context: CallContext) => unknown;
}

/** Pairs a contract with what a test answers; a thrown `Problem` crosses as in production. */
export function answering<Q extends object, A>(
  contract: RpcContract<Q, A>,
  handler: (request: Q, context: CallContext) => A | Promise<A>,
): Answering {
  return { contract: contract as RpcContract, handler };
}

export interface TestResponder {
  /** Answers nothing any more. */
  close(): Promise<void>;
}

/** Answers requests over real NATS, for services that a test does not start. */
export async function testResponder(natsUrl: string, answers: Answering[]): Promise<TestResponder> {
  const methods: Record<string, (request: object, context: CallContext) => Promise<unknown>> = {};
  for (const { contract, handler } of answers) {
    methods[contract.subject] = async (request, context) => handler(request as never, context);
  }
  class Answers {}
  Object.assign(Answers.prototype, methods);
  for (const { contract } of answers) {
    const { subject } = contract;
    Rpc(contract)(Answers.prototype, subject, Object.getOwnPropertyDescriptor(Answers.prototype, subject) as never);
  }
  Controller()(Answers);
  class AnswersModule {}
  Module({ controllers: [Answers] })(AnswersModule);
  const strategy = new RpcServer({ service: 'gateway', nats: { url: natsUrl } });
  const app = await NestFactory.createMicroservice(AnswersModule, { strategy, logger: false });
  await app.listen();
  return { close: () => app.close() };
}
