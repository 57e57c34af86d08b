import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { eventually } from '@reenact/testing';
import { newId, sha256 } from '@reenact/contracts';
import { CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';

const FIELD = (name: string, value: string) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const FILE = '--x\r\nContent-Disposition: form-data; name="file"; filename="d"\r\n\r\n';
const HEAD = `${FIELD('type', 'diagnostic')}${FIELD('capturedAt', CAPTURED_AT)}`;
const MULTIPART = 'multipart/form-data; boundary=x';
const MIB = 1024 * 1024;

interface Sent {
  status?: number;
  code?: string;
}

describe('upload-artifact, the content as it comes', () => {
  let ingest: Harness;

  beforeAll(async () => {
    ingest = await startHarness(undefined, undefined, { idleMs: 400, totalMs: 3_000 });
  });
  afterAll(() => ingest.stop());

  /** Sends that much, then as much more as `go on` says, and resolves with the answer. */
  const send = (agent: TestAgent, first: string, headers: Record<string, string> = {}, goOn?: () => string | undefined) =>
    new Promise<Sent>((resolve, reject) => {
      const outgoing = request(`${ingest.url}/api/v1/agents/${agent.id}/artifacts`, {
        method: 'POST',
        headers: { ...ingest.bearer(agent.key), 'content-type': MULTIPART, ...headers },
      });
      const timer = setInterval(() => {
        const more = goOn?.();
        if (more !== undefined) outgoing.write(more);
      }, 50);
      outgoing.on('error', reject);
      outgoing.on('close', () => clearInterval(timer));
      outgoing.on('response', (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          clearInterval(timer);
          outgoing.destroy();
          resolve({ status: answer.statusCode, code: (JSON.parse(Buffer.concat(parts).toString()) as Sent).code });
        });
      });
      outgoing.write(first);
    });

  const leavesNothing = async (upload: () => Promise<unknown>) => {
    const before = await ingest.inventory();
    await upload();
    await eventually(async () => expect(await ingest.inventory()).toEqual(before));
  };

  it.each([
    ['in the middle of a field', FIELD('type', 'diagnostic').slice(0, 30)],
    ['after the fields', HEAD],
    ['in the middle of the file', `${HEAD}${FILE}some`],
    ['after the file', `${HEAD}${FILE}some\r\n--x--\r\n`],
  ])('cuts off a sender that stalls %s', (_where, first) =>
    leavesNothing(async () => {
      expect(await send(ingest.addAgent(), first)).toEqual({ status: 422, code: 'upload_incomplete' });
    }),
  );

  it('cuts off a sender that drips', () =>
    leavesNothing(async () => {
      expect(await send(ingest.addAgent(), `${HEAD}${FILE}some`, {}, () => 'x')).toEqual({
        status: 422,
        code: 'upload_incomplete',
      });
    }));

  it('refuses a Content-Length over the limit before the body', () =>
    leavesNothing(async () => {
      const headers = { 'content-length': String(80 * MIB) };
      expect(await send(ingest.addAgent(), '--x', headers)).toEqual({ status: 413, code: 'artifact_too_large' });
    }));

  it('refuses an end of the form that has no end', () =>
    leavesNothing(async () => {
      const more = 'x'.repeat(8 * MIB);
      const sent = send(ingest.addAgent(), `${HEAD}${FILE}some\r\n--x--\r\n`, {}, () => more);
      expect(await sent).toEqual({ status: 413, code: 'artifact_too_large' });
    }));

  describe('Content-Digest', () => {
    const form = () => {
      const file = newId('artifact');
      return { file, content: `${HEAD}${FILE}${file}\r\n--x--\r\n` };
    };
    const digest = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;
    const post = async (content: string, contentDigest: string) => {
      const agent = ingest.addAgent();
      const headers = { ...ingest.bearer(agent.key), 'content-type': MULTIPART, 'content-digest': contentDigest };
      return ingest.send('POST', `/api/v1/agents/${agent.id}/artifacts`, { headers, body: content });
    };

    it('holds for the whole content, and for the file', async () => {
      const [one, two] = [form(), form()];
      expect((await post(one.content, digest(one.content))).status).toBe(201);
      const answer = await post(two.content, digest(two.file));
      expect([answer.status, answer.body.artifact.sha256]).toEqual([201, sha256(two.file)]);
    });

    it('of other bytes is refused', () =>
      leavesNothing(async () => {
        const answer = await post(form().content, digest('other'));
        expect([answer.status, answer.body.code]).toEqual([422, 'digest_mismatch']);
      }));

    it('that is none is refused', () =>
      leavesNothing(async () => {
        const answer = await post(form().content, 'sha-256=abc');
        expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([
          422,
          'validation_failed',
          'Content-Digest',
        ]);
      }));
  });
});
