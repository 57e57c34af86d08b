export * from './spec/spec-model.js';
export { CONDITION } from './spec/result-rules.js';
export { parseSpec, parseSpecBytes, parseSpecJson } from './spec/decode-pipeline.js';
export { PIPELINE_SPEC_SCHEMA } from './spec/pipeline.schema.js';
export { kvSpecHash, specHash } from './spec/spec-hash.js';

export { type ResultRule, checkExpression } from './expression/check-expression.js';
export { type Expression, type Variables, compileExpression } from './expression/compile-expression.js';
export { STAGE_ERROR_CODES, StageError, type StageErrorCode } from './expression/stage-error.js';

export * from './bundle/manifest.js';
export * from './bundle/limits.js';
export { decodeManifest, parseManifest } from './bundle/decode-manifest.js';
export type { JournalFacts } from './bundle/journal-check.js';
export { BYTEOR_FORMAT, type ByteorFacts } from './bundle/byteor-bundle.js';
export type { EntryFacts } from './bundle/entry-facts.js';
export { type BundleFacts, inspectBundle } from './bundle/inspect-bundle.js';
export {
  type ArtifactFacts,
  type DocumentFacts,
  inspectArtifact,
} from './bundle/inspect-artifact.js';
export { type Bundle, type OpenBytes, openBundle } from './bundle/open-bundle.js';
export { type RestartPoint, restartBefore } from './bundle/gunzip-blocks.js';
export { type UnpackedRange, readUnpacked, verified } from './bundle/read-range.js';
export { type BundleEntry, type WrittenBundle, writeBundle } from './bundle/write-bundle.js';

export { type JournalEntry, JournalRecord, encodeJournalEntry } from './journal/journal-record.js';
export { type JournalPoint, positionOf } from './journal/journal-index.js';
export * from './journal/outcome.js';
export { readJournal } from './journal/read-journal.js';
export { RecordStream } from './journal/record-stream.js';
export { encodeOutcome, parseOutcome, readOutcomes } from './journal/read-outcomes.js';

export { httpPathFault, natsSubjectFault } from './engine/address.js';
export { targetHostFault } from './engine/target-host.js';
export type { EngineAction } from './engine/action.js';
export { type CompiledPipeline, compileSpec } from './engine/compile-pipeline.js';
export { PipelineRun, type RecordResult, type StageFault } from './engine/pipeline-run.js';

export * from './plan/plan.js';
export * from './plan/selection.js';
export { decodeSelection } from './plan/decode-selection.js';
export { type EffectName, idempotencyKey } from './plan/idempotency-key.js';
export { type BuiltPlan, type PlanRequest, buildPlan } from './plan/build-plan.js';
export * from './report/report.js';
export { type Findings, MAX_FINDINGS } from './report/findings.js';
export type { PayloadDifference } from './report/payload-difference.js';
export { DivergenceFinder, type ReplayedAction } from './report/divergences.js';
export { type AuditV1, type AuditV1Action, type AuditV1Input, auditV1 } from './report/audit-v1.js';
