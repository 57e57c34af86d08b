import type { KeyScope } from '@reenact/contracts';

/** Which scope a route of the agent API needs; `any`: any key of the agent. Absent: no agent key opens it. */
const SCOPES: Record<string, KeyScope | 'any'> = {
  'POST /api/v1/agents/:agentId/heartbeats': 'agent:heartbeat',
  'POST /api/v1/agents/:agentId/artifacts': 'agent:artifact_upload',
  'GET /api/v1/agents/:agentId/artifacts/by-digest/:digest': 'agent:artifact_upload',
  'GET /api/v1/agents/:agentId/signing-keys': 'agent:read_keys',
  'POST /api/v1/agents/:agentId/keys': 'any',
  'DELETE /api/v1/agents/:agentId/keys/:keyId': 'any',
};

export const ENROLMENT_ROUTE = 'POST /api/v1/orgs/:organisation/projects/:project/environments/:environment/agents';

export function scopeOf(route: string): KeyScope | 'any' | undefined {
  return SCOPES[route];
}

/** Method and pattern of a request's route. */
export function routeOf(request: { method: string; routeOptions: { url?: string } }): string {
  return `${request.method === 'HEAD' ? 'GET' : request.method} ${request.routeOptions.url ?? ''}`;
}
