export const KEY_SCOPES = ['agent:heartbeat', 'agent:artifact_upload', 'agent:read_keys'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export interface AgentKey {
  id: string;
  scopes: KeyScope[];
  createdAt: string;
  lastUsedAt?: string;
  expiresAt?: string;
  revokedAt?: string;
}

export interface Agent {
  id: string;
  name: string;
  orgId: string;
  projectId: string;
  environmentId: string;
  labels: Record<string, string>;
  state: 'active' | 'silent' | 'disabled';
  lastHeartbeatAt?: string;
  lastStatus?: 'ok' | 'degraded' | 'failing';
  bootId?: string;
  lastSequence?: number;
  keys: AgentKey[];
  createdAt: string;
}

export const HEARTBEAT_STATUSES = ['ok', 'degraded', 'failing'] as const;

export interface Heartbeat {
  at: string;
  receivedAt: string;
  bootId: string;
  sequence: number;
  status: (typeof HEARTBEAT_STATUSES)[number];
  deploymentId?: string;
  specHash?: string;
  counters?: Record<string, number>;
}

/** The type of a heartbeat's telemetry. */
export const HEARTBEAT_TYPE = 'tel.agent.heartbeat.v1';

/** Where an agent's heartbeats lie, the last 256 of them. */
export function heartbeatSubject(orgId: string, agentId: string): string {
  return `${HEARTBEAT_TYPE}.${orgId}.${agentId}`;
}

export interface RefusalCount {
  minute: string;
  status: number;
  code: string;
  count: number;
}
