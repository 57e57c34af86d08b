import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  type Membership,
  type ResourceScope,
  idKind,
  locateResource,
  OWNER_OF,
  readAccess,
} from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { Clock } from '@reenact/service-kit';

const FRESH_MS = 1000;
const MAX_CACHED = 10_000;

/** What catalog says of people's roles (kept for a second), and what each service says of where its things live. */
@Injectable()
export class ReadAccess {
  private readonly cache = new Map<string, { at: number; memberships: Membership[] }>();

  constructor(
    private readonly rpc: RpcClient,
    private readonly clock: Clock,
  ) {}

  /** A role that was given counts at once, since nobody is denied by what is only remembered; one that was taken, within a second. */
  async memberships(userId: string, context: CallContext, options: { remembered: boolean }): Promise<Membership[]> {
    const now = this.clock.now().getTime();
    const cached = options.remembered ? this.cache.get(userId) : undefined;
    if (cached && now - cached.at < FRESH_MS) return cached.memberships;
    const { memberships } = await this.rpc.call(readAccess, { userId }, context);
    if (this.cache.size >= MAX_CACHED) this.cache.clear();
    this.cache.set(userId, { at: now, memberships });
    return memberships;
  }

  /** Undefined for an id that is malformed, of a kind without an owner, or of nothing. */
  async locate(id: string, context: CallContext): Promise<ResourceScope | undefined> {
    const kind = idKind(id);
    const owner = kind && OWNER_OF[kind];
    if (!owner) return undefined;
    const { scope } = await this.rpc.call(locateResource[owner], { id }, context);
    return scope ?? undefined;
  }
}
