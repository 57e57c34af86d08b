import type { ArtifactLimits, KeyScope } from '@reenact/contracts';

/** The agent that a verified key speaks for. */
export interface AgentPrincipal {
  keyId: string;
  agentId: string;
  orgId: string;
  projectId: string;
  environmentId: string;
  scopes: KeyScope[];
  /** Of its environment, if that has any. */
  artifactLimits?: ArtifactLimits;
}
