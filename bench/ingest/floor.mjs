// The least that a server can do: what ingest is measured against. Its arguments are a port, a directory and the URL of NATS.
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart from '@fastify/multipart';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import fastify from 'fastify';

const [port, directory, natsUrl] = process.argv.slice(2);
const staging = join(directory, '.staging');
mkdirSync(staging, { recursive: true });

const { host, username, password } = new URL(natsUrl);
const nc = await connect({ servers: host, user: decodeURIComponent(username), pass: decodeURIComponent(password) });
const stream = jetstream(nc);
const app = fastify({ logger: false });
await app.register(multipart, { limits: { fileSize: Number.MAX_SAFE_INTEGER } });

app.get('/readyz', () => ({ status: 'ok' }));

/** Hashes and writes; as durable as the file store of ingest: file synced, renamed, directory synced. */
app.post('/artifacts', async (request, reply) => {
  const hash = createHash('sha256');
  let size = 0;
  for await (const part of request.parts()) {
    if (part.type !== 'file') continue;
    const path = join(staging, randomUUID());
    const hashing = async function* (bytes) {
      for await (const chunk of bytes) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    };
    await pipeline(part.file, hashing, createWriteStream(path, { flush: true, highWaterMark: 1024 * 1024 }));
    await rename(path, join(directory, randomUUID()));
    const parent = await open(directory, 'r');
    await parent.sync();
    await parent.close();
  }
  return reply.status(201).send({ sha256: hash.digest('hex'), size });
});

/** Publishes the body and waits until the stream has it. */
app.post('/heartbeats/:orgId/:agentId', async (request, reply) => {
  const { orgId, agentId } = request.params;
  await stream.publish(`tel.agent.heartbeat.v1.${orgId}.${agentId}`, JSON.stringify(request.body));
  return reply.status(202).send({ receivedAt: new Date().toISOString() });
});

await app.listen({ host: '127.0.0.1', port: Number(port) });
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(1));
