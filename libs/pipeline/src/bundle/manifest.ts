export const BUNDLE_FORMAT = 'reenact.bundle/v1';
export const MANIFEST_PATH = 'manifest.json';

export const BUNDLE_ROLES = ['spec', 'journal', 'outcomes', 'snapshot', 'environment', 'policy_audit', 'log'] as const;
export type BundleRole = (typeof BUNDLE_ROLES)[number];

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** `manifest.json` of an incident bundle: the first entry, and what every other entry is held against. */
export interface BundleManifest {
  format: typeof BUNDLE_FORMAT;
  agentId: string;
  environmentId: string;
  deploymentId?: string;
  specHash: string;
  capturedAt: string;
  bootId?: string;
  sequence?: number;
  incident?: ManifestIncident;
  journal?: ManifestJournal;
  redactions?: unknown[];
  files: ManifestFile[];
}

/** Characters that a manifest's texts about its incident may have. */
export const INCIDENT_LIMITS = { title: 200, fingerprint: 200, labelName: 63, label: 256 };

export interface ManifestIncident {
  title: string;
  severity: Severity;
  fingerprint: string;
  labels?: Record<string, string>;
}

export interface ManifestJournal {
  lane: string;
  records: number;
  /** A sequence whose offsets are unique for ever; default: the artifact's digest. */
  streamId?: string;
}

export interface ManifestFile {
  path: string;
  role: BundleRole;
  size: number;
  sha256: string;
}
