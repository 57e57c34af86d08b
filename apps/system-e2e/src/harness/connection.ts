/** The people of an installation, by the names that `connection.json` gives their tokens. */
export const PEOPLE = ['admin', 'operator', 'approver', 'approver2', 'viewer', 'auditor'] as const;
export type Person = (typeof PEOPLE)[number];

/** `connection.json`, as contracts.md has it. */
export interface Connection {
  v: 1;
  pid: number;
  version: string;
  gatewayUrl: string;
  ingestUrl: string;
  consoleUrl: string;
  natsUrl: string;
  org: { id: string; slug: string };
  project: { id: string; slug: string };
  environments: Record<'dev' | 'staging' | 'prod', { id: string }>;
  tokens: Record<Person, string>;
}
