import { type AuditEntry, canonicalJson, type InclusionProof, type Replay } from '@reenact/contracts';
import { leafHash, openCheckpoint, parseVerifierKey, RootBuilder, verifyInclusion } from '@reenact/transparency-log';
import { type Play, until } from './sample-incident.js';
import { expect, type StepList } from './step-list.js';

/** The log as an outsider sees it: exported entries, a signed checkpoint, a proof. */
interface Export {
  entries: { index: number; leafHash: string; entry: AuditEntry }[];
  checkpoint: string;
}

/** Recomputes what the log claims from what it exports. */
export async function playAudit(play: Play, steps: StepList, replay: Replay): Promise<void> {
  const { auditor, connection } = play;
  const log = `orgs/${connection.org.id}/audit`;

  const exported = await steps.step(async () => {
    const whole = await until(async () => {
      const read = parseExport(await auditor.get<string>(`${log}/export`));
      const story = read.entries.filter(({ entry }) => entry.correlationId === replay.id).map(({ entry }) => entry.type);
      return story.includes('replay.succeeded') ? read : undefined;
    }, `${replay.id} in the log`);
    return { said: `Audit log exported: ${whole.entries.length} entries, this replay's story among them`, value: whole };
  }, 'Export the audit log');

  const root = await steps.step(async () => {
    const { headers } = await auditor.send<string>('GET', `${log}/checkpoint`);
    const verifier = parseVerifierKey(headers.get('x-reenact-verifier-key') ?? '');
    const checkpoint = openCheckpoint(exported.checkpoint, verifier.name, [verifier]);
    const tree = new RootBuilder();
    for (const { entry } of exported.entries) tree.append(Buffer.from(canonicalJson(entry)));
    expect(tree.size === checkpoint.size, `the export has ${tree.size} entries, the checkpoint covers ${checkpoint.size}`);
    expect(tree.root().equals(checkpoint.root), 'the recomputed root is not that of the checkpoint');
    const said = `Root ${checkpoint.root.toString('hex').slice(0, 12)} recomputed from the entries equals the signed checkpoint's`;
    return { said, value: checkpoint.root };
  }, 'Verify the checkpoint');

  await steps.step(async () => {
    const size = exported.entries.length;
    const sealed = exported.entries.findLast(({ entry }) => entry.correlationId === replay.id);
    expect(sealed !== undefined, 'the log has nothing of the replay');
    const proof = await auditor.get<InclusionProof>(`${log}/proofs/inclusion?index=${sealed.index}&size=${size}`);
    const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
    const leaf = leafHash(Buffer.from(canonicalJson(sealed.entry)));
    const holds = verifyInclusion({ index: sealed.index, size, leafHash: leaf, hashes, root });
    expect(holds, `the proof of entry ${sealed.index} does not hold`);
    return {
      said: `Inclusion of entry ${sealed.index} (${sealed.entry.type}) proven with ${hashes.length} hashes`,
      value: undefined,
    };
  }, 'Verify an inclusion proof');
}

function parseExport(text: string): Export {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Export['entries'][number] | { checkpoint: string });
  const last = lines.pop();
  expect(last !== undefined && 'checkpoint' in last, 'the export does not end with a checkpoint');
  return { entries: lines as Export['entries'], checkpoint: last.checkpoint };
}
