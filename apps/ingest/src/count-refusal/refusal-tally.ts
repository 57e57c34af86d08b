import { Injectable } from '@nestjs/common';
import type { AgentPrincipal } from '../domain/principal.js';
import type { Refusal } from '../store/refusal.store.js';

export interface RefusedCall {
  /** Of the path: a credential that names no agent refuses the agent that it was used for. At an enrolment: of the token. */
  subjectId: string;
  /** The verified agent of that id. */
  principal?: AgentPrincipal;
  status: number;
  code: string;
}

interface Counted extends RefusedCall {
  minute: number;
  count: number;
}

const MINUTE_MS = 60_000;
/** Beyond it further kinds of refusals are dropped until the next flush: a flood must not fill the memory. */
const MAX_KINDS = 10_000;

/** Refusals since the last flush. */
@Injectable()
export class RefusalTally {
  private counted = new Map<string, Counted>();

  count(call: RefusedCall, now: Date): void {
    this.add({ ...call, minute: Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS, count: 1 });
  }

  /** Hands over what was counted; `putBack` it when it could not be stored. */
  take(): Counted[] {
    const taken = [...this.counted.values()];
    this.counted = new Map();
    return taken;
  }

  putBack(refusals: Counted[]): void {
    for (const refusal of refusals) this.add(refusal);
  }

  private add(refusal: Counted): void {
    const key = `${refusal.subjectId} ${refusal.minute} ${refusal.status} ${refusal.code}`;
    const known = this.counted.get(key);
    if (known) known.count += refusal.count;
    else if (this.counted.size < MAX_KINDS) this.counted.set(key, refusal);
  }
}

/** What is stored of a counted refusal, once it is known where its subject lives. */
export function toRefusal(counted: Counted, scope: Pick<Refusal, 'orgId' | 'projectId' | 'environmentId'>): Refusal {
  const { subjectId, minute, status, code, count } = counted;
  return { subjectId, ...scope, minute: new Date(minute), status, code, count };
}

export type { Counted };
