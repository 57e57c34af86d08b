import type { ObjectStore } from '@reenact/object-store';
import { type Harness, startHarness } from '../ingest.harness.js';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { BlobStore } from '../store/blob.store.js';
import { type CheckedUpload, RecordUploads } from './record-uploads.js';

const UPLOADS = 6;

describe('record-uploads', () => {
  let ingest: Harness;
  beforeAll(async () => {
    ingest = await startHarness();
  });
  afterAll(() => ingest?.stop());
  afterEach(() => jest.restoreAllMocks());

  /** Hands uploads on when so many are ready, all in one turn. */
  const together = () => {
    const records = ingest.app.get(RecordUploads);
    const record = records.record.bind(records);
    const ready: (() => void)[] = [];
    jest.spyOn(records, 'record').mockImplementation(
      (upload: CheckedUpload) =>
        new Promise((resolve, reject) => {
          ready.push(() => void record(upload).then(resolve, reject));
          if (ready.length === UPLOADS) for (const go of ready) go();
        }),
    );
  };
  const upload = (n: number) => ingest.upload(ingest.addAgent(), Buffer.from(`note ${n}`), { type: 'diagnostic' });

  it('shows and records in one transaction what is ready at once, and fails nobody for a neighbour', async () => {
    together();
    const kept = jest.spyOn(ingest.app.get(BlobStore), 'keep');
    const objects = ingest.app.get<ObjectStore>(OBJECT_STORE);
    const write = objects.write.bind(objects);
    let writers = 0;
    jest.spyOn(objects, 'write').mockImplementation(async () => {
      writers += 1;
      const broken = writers === 1;
      const writer = await write();
      if (broken) writer.commit = () => Promise.reject(new Error('no space left'));
      return writer;
    });
    const answers = await Promise.all(Array.from({ length: UPLOADS }, (_, n) => upload(n)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(UPLOADS - 1);
    expect(answers.filter(({ status }) => status === 500)).toHaveLength(1);
    expect(kept.mock.calls.map(([, blobs]) => blobs.length)).toEqual([UPLOADS, 1, 1, 1, 1, 1, 1]);
    const { files, blobs, artifacts } = await ingest.inventory();
    expect([files.length, blobs, artifacts]).toEqual([UPLOADS - 1, UPLOADS - 1, UPLOADS - 1]);
    expect(await ingest.said('evt.ingest.artifact.stored.v1')).toHaveLength(UPLOADS - 1);
  });
});
