export { type ApprovalConfig, readApprovalConfig } from './approval.config.js';
export { ApprovalModule } from './approval.module.js';
export { startApproval } from './start-approval.js';
