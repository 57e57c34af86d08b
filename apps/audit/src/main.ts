import { runMain } from '@reenact/service-kit';
import { readAuditConfig } from './audit.config.js';
import { startAudit } from './start-audit.js';

runMain(async (env) => startAudit(readAuditConfig(env)));
