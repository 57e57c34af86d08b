export { eventually, type EventuallyOptions } from './eventually.js';
export { FakeClock } from './fake-clock.js';
export { temporaryDirectory } from './temporary-directory.js';
export { type TestDatabase, testDatabase } from './test-database.js';
export { type TestNats, testNats } from './test-nats.js';
export { type TestObjectStore, testObjectStore } from './test-object-store.js';
export { canTestS3, type TestS3, testS3 } from './s3.js';
export { answering, type Answering, type TestResponder, testResponder } from './test-responder.js';
