export { FileObjectStore } from './file-object-store.js';
export { assertKey } from './object-key.js';
export type { ByteRange, ObjectStore, ObjectWriter } from './object-store.js';
export { type ObjectStoreConfig, openObjectStore, readObjectStoreConfig, writerBytes } from './open-object-store.js';
export type { S3Options } from './s3-object-store.js';
