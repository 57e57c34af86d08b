import { topologicalOrder } from '../spec/check-graph.js';
import { type PipelineSpec, type Stage, capabilitiesOf } from '../spec/spec-model.js';
import { specHash } from '../spec/spec-hash.js';
import type { Sha256 } from '@reenact/contracts';
import { type StageProgram, compileStage } from './compile-stage.js';

/** A spec made ready to run; it holds no state and may be used by many runs. */
export interface CompiledPipeline {
  spec: PipelineSpec;
  specHash: Sha256;
  capabilities: string[];
  /** In the order of the spec. */
  stages: CompiledStage[];
  /** Indexes of stages so that every lane is written before it is read. */
  order: number[];
  /** Whether what a record gives depends on records before it (windows). */
  stateful: boolean;
}

export interface CompiledStage {
  index: number;
  stage: Stage;
  /** Indexes of the stages that write the lanes it reads, sorted; -1 is the input. */
  sources: number[];
  program: StageProgram;
}

/** Compiles a checked spec. */
export function compileSpec(spec: PipelineSpec): CompiledPipeline {
  const writer = new Map<string, number>([[spec.input, -1]]);
  spec.stages.forEach((stage, index) => {
    if (stage.to !== undefined) writer.set(stage.to, index);
  });
  return {
    spec,
    specHash: specHash(spec),
    capabilities: capabilitiesOf(spec),
    order: topologicalOrder(spec.stages, spec.input),
    stateful: spec.stages.some((stage) => stage.kind === 'window'),
    stages: spec.stages.map((stage, index) => ({
      index,
      stage,
      sources: stage.from.map((lane) => writer.get(lane) as number).sort((a, b) => a - b),
      program: compileStage(stage),
    })),
  };
}
