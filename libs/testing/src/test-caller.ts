import { type CallContext, newId, newUuid, Problem, type RpcContract } from '@reenact/contracts';
import { MetricsHooks, RpcClient } from '@reenact/messaging';

/** Asks services over real NATS, as the gateway does. */
export interface TestCaller {
  /** Without a context: as a user that nobody knows. */
  call<Q extends object, A>(contract: RpcContract<Q, A>, request: NoInfer<Q>, context?: CallContext): Promise<A>;
  /** The problem that a call ends with. Throws when it is answered. */
  problem<Q extends object>(contract: RpcContract<Q>, request: NoInfer<Q>, context?: CallContext): Promise<Problem>;
  close(): Promise<void>;
}

/** The context of a call that a user causes. */
export const asUser = (id = newId('user')): CallContext => ({ actor: { kind: 'user', id }, correlationId: newUuid() });

export function testCaller(natsUrl: string): TestCaller {
  const client = new RpcClient({ service: 'gateway', nats: { url: natsUrl } }, new MetricsHooks());
  const call: TestCaller['call'] = (contract, request, context = asUser()) => client.call(contract, request, context);
  return {
    call,
    async problem(contract, request, context) {
      const answer: unknown = await call(contract, request, context).catch((error: unknown) => error);
      if (answer instanceof Problem) return answer;
      throw answer instanceof Error ? answer : new Error(`was answered: ${JSON.stringify(answer)}`);
    },
    close: () => client.close(),
  };
}
