import { join } from 'node:path';
import { readServiceConfig, type ServiceConfig } from '@reenact/service-kit';

export interface ApprovalConfig extends ServiceConfig {
  /** Seed of the key that signs credentials; made at the first start. */
  approvalKeyFile: string;
  /** Seed of the key that vouches for the key set; made at the first start, its public half beside it as `<file>.pub`. */
  rootKeyFile: string;
  /** Ids of keys whose signatures count no more, as of one that was stolen. */
  retiredKeys?: string[];
}

export const APPROVAL_CONFIG = Symbol('approval:config');

/**
 * `REENACT_APPROVAL_KEY_FILE` and `REENACT_ROOT_KEY_FILE`, by default in `REENACT_HOME` (default `.reenact`); `REENACT_APPROVAL_RETIRED_KEYS`,
 * separated by commas.
 */
export function readApprovalConfig(env: NodeJS.ProcessEnv): ApprovalConfig {
  const {
    REENACT_HOME: home = '.reenact',
    REENACT_APPROVAL_KEY_FILE,
    REENACT_ROOT_KEY_FILE,
    REENACT_APPROVAL_RETIRED_KEYS = '',
  } = env;
  return {
    ...readServiceConfig(env, 'approval'),
    approvalKeyFile: REENACT_APPROVAL_KEY_FILE ?? join(home, 'keys', 'approval.key'),
    rootKeyFile: REENACT_ROOT_KEY_FILE ?? join(home, 'keys', 'root.key'),
    retiredKeys: REENACT_APPROVAL_RETIRED_KEYS.split(',').filter((kid) => kid !== ''),
  };
}
