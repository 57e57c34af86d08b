import { Logger } from '@nestjs/common';
import { Ctx, MessagePattern, NatsContext, Payload, Transport } from '@nestjs/microservices';
import { type CallContext, contextFromHeaders, Problem, type RpcContract, validate } from '@reenact/contracts';
import { type RpcReply, replyForError, replyWith } from './rpc-wire.js';

const logger = new Logger('Rpc');

type Handler<Q, A> = (request: Q, context: CallContext) => Promise<A>;

/**
 * Serves a contract with a method of a Nest `@Controller()`: `method(request, context) => Promise<answer>`. The request is checked
 * by the contract (unknown fields are dropped), the context comes from the caller, problems cross as problems, and answers over
 * 512 KiB are errors. The method itself stays as it is and can be called directly.
 */
export function Rpc<Q extends object, A>(contract: RpcContract<Q, A>) {
  return <M extends Handler<Q, A>>(target: object, key: string | symbol, _descriptor: TypedPropertyDescriptor<M>): void => {
    // Nest sees a companion of the method, so that the wire form stays out of the method.
    const name = `rpc:${String(key)}`;
    const serve = async function (
      this: Record<string | symbol, Handler<Q, A>>,
      request: unknown,
      nats: NatsContext,
    ): Promise<RpcReply> {
      try {
        return replyWith(await this[key](validate(contract.request, request ?? {}, { unknownFields: 'drop' }), contextOf(nats)));
      } catch (error) {
        if (!(error instanceof Problem) || error.code === 'internal') logger.error(`${contract.subject}: ${describe(error)}`);
        return replyForError(error);
      }
    };
    Object.defineProperty(target, name, { value: serve, configurable: true, writable: true });
    Payload()(target, name, 0);
    Ctx()(target, name, 1);
    const descriptor = Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
    MessagePattern(contract.subject, Transport.NATS)(target, name, descriptor);
  };
}

function contextOf(nats: NatsContext): CallContext {
  const headers = nats.getHeaders() as { get(name: string): string } | undefined;
  const context = contextFromHeaders((name) => headers?.get(name) || undefined);
  if (!context) throw new Problem('internal', { detail: 'the request says nothing about its caller' });
  return context;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
