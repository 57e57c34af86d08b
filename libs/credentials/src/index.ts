export * from './approval-credential.js';
export * from './approval-payload.js';
export * from './compact-v1.js';
export * from './credential-error.js';
export * from './dsse.js';
export * from './ed25519.js';
export * from './key-set.js';
export * from './secret.js';
