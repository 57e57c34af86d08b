import '@fastify/multipart';
import type { Readable } from 'node:stream';
import { Problem, type Sha256 } from '@reenact/contracts';
import type { FastifyRequest } from 'fastify';
import { type ArtifactFields, readArtifactFields } from '../domain/artifact-fields.js';
import type { BodyWatch } from './body-watch.js';

const FIELD_BYTES = 1024;
/** Sizes of the file are counted where it is inspected. */
const LIMITS = { fields: 16, files: 1, parts: 17, fieldNameSize: 64, fieldSize: FIELD_BYTES, fileSize: Number.MAX_SAFE_INTEGER };

/** An upload whose fields were read; its file is still on its way. */
export interface Upload {
  fields: ArtifactFields;
  file: Readable;
  /** Of the file; they come when they are allowed. */
  bytes: AsyncIterable<Uint8Array>;
  /** To be called when the file was read: throws when something follows it, the form does not end, or its digest is another. */
  end(sha256: Sha256): Promise<void>;
}

/** Reads the form up to its file. Throws `unsupported_media_type`, `validation_failed` or `upload_incomplete`. */
export async function readUpload(request: FastifyRequest, watch: BodyWatch): Promise<Upload> {
  if (!request.isMultipart()) throw new Problem('unsupported_media_type', { detail: 'An upload is multipart/form-data' });
  watch.begin();
  const parts = request.parts({ limits: LIMITS });
  const fields = new Map<string, string>();
  for (;;) {
    const part = await next(parts, watch);
    if (part === undefined) throw invalid('/file', 'must be there, after the fields');
    if (part.type === 'file') {
      if (part.fieldname !== 'file') throw invalid(`/${part.fieldname}`, 'is a file; the only one is called file');
      const { file } = part;
      const bytes = allowedBytes(file, watch);
      return { fields: readArtifactFields(fields), file, bytes, end: (sha256) => end(parts, watch, sha256) };
    }
    if (part.fieldname === 'file') throw invalid('/file', 'must have a file name');
    if (fields.has(part.fieldname)) throw invalid(`/${part.fieldname}`, 'is given twice');
    if (part.valueTruncated || typeof part.value !== 'string')
      throw invalid(`/${part.fieldname}`, `must be a text of at most ${FIELD_BYTES} bytes`);
    fields.set(part.fieldname, part.value);
  }
}

/** The problem of a form that breaks off or is none; what is a problem already stays as it is. */
export function formProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'FST_FILES_LIMIT' || code === 'FST_PARTS_LIMIT' || code === 'FST_FIELDS_LIMIT') {
    return invalid('', 'has more parts than an upload has');
  }
  if (code === 'FST_PROTO_VIOLATION') return invalid('', 'has a field that no upload has');
  if (
    code === 'FST_MP_PREMATURE_CLOSE' ||
    code === 'ECONNRESET' ||
    /terminated early|Unexpected end|aborted/.test(message ?? '')
  ) {
    return new Problem('upload_incomplete', { cause: error });
  }
  if (/Multipart: Boundary not found|Malformed part header|Unsupported content type|Missing Content-Type/i.test(message ?? '')) {
    return malformedForm(error as Error);
  }
  return error;
}

async function* allowedBytes(file: AsyncIterable<Uint8Array>, watch: BodyWatch): AsyncGenerator<Uint8Array> {
  for await (const chunk of file) {
    await watch.assertAllowed();
    yield chunk;
  }
}

async function end(parts: AsyncIterableIterator<unknown>, watch: BodyWatch, sha256: Sha256): Promise<void> {
  if ((await next(parts, watch)) !== undefined) throw invalid('', 'goes on after the file; fields come before it');
  await watch.assertAllowed();
  await watch.assertDigest(sha256);
}

async function next<T>(parts: AsyncIterableIterator<T>, watch: BodyWatch): Promise<T | undefined> {
  try {
    const { done, value } = await Promise.race([parts.next(), watch.failure]);
    return done ? undefined : value;
  } catch (error) {
    const known = formProblem(error);
    // The parser has nothing but the form to complain about.
    throw known instanceof Problem ? known : malformedForm(error as Error);
  }
}

const malformedForm = (error: Error) =>
  new Problem('upload_incomplete', { detail: `The form is malformed: ${error.message}`, cause: error });

const invalid = (path: string, message: string) => new Problem('validation_failed', { errors: [{ path, message }] });
