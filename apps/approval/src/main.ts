import { runMain } from '@reenact/service-kit';
import { readApprovalConfig } from './approval.config.js';
import { startApproval } from './start-approval.js';

runMain((env) => startApproval(readApprovalConfig(env)));
