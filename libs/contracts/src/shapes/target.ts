export const TARGET_KINDS = ['http', 'nats'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** A header a target is sent: a literal value, or the name of a secret in the server's directory. */
export type TargetHeader = { value: string } | { secretRef: string };

export interface Target {
  id: string;
  environmentId: string;
  orgId: string;
  projectId: string;
  name: string;
  kind: TargetKind;
  url: string;
  headers: Record<string, TargetHeader>;
  revision: number;
  createdAt: string;
}
