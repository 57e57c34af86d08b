export * from './decide.js';
export * from './decode-posture.js';
export * from './default-posture.js';
export * from './loosens.js';
export { type CapabilityDecision, resolveCapability } from './resolve-capability.js';
export * from './same-posture.js';
export { deniesExecute } from './strictness.js';
