export const HEARTBEAT_TYPE = 'tel.agent.heartbeat.v1';

/** Where an agent's heartbeats lie, the last 256 of them. */
export function heartbeatSubject(orgId: string, agentId: string): string {
  return `${HEARTBEAT_TYPE}.${orgId}.${agentId}`;
}
