import type { Faults } from '../decoding/faults.js';
import type { PipelineSpec, Stage } from './spec-model.js';

/** Checks how stages hang together: unique ids and lanes, every lane read exists, no cycle, one line in a single ring. */
export function checkGraph(spec: PipelineSpec, faults: Faults): void {
  const fault = (index: number, member: string, message: string) =>
    faults.add(`/stages/${index}/${member}`, `stage '${spec.stages[index].id}': ${message}`);
  const ids = new Set<string>();
  const lanes = new Set([spec.input]);
  spec.stages.forEach((stage, index) => {
    if (ids.has(stage.id)) fault(index, 'id', 'another stage has this id');
    ids.add(stage.id);
    if (stage.to === undefined) return;
    if (lanes.has(stage.to)) fault(index, 'to', `lane '${stage.to}' is written by another stage or is the input`);
    lanes.add(stage.to);
  });
  spec.stages.forEach((stage, index) => {
    const missing = stage.from.find((lane) => !lanes.has(lane));
    if (missing !== undefined) fault(index, 'from', `no stage writes lane '${missing}'`);
  });
  if (faults.any) return;
  if (spec.model === 'single_ring') checkLine(spec, fault);
  else if (topologicalOrder(spec.stages, spec.input).length < spec.stages.length) {
    const cyclic = inCycle(spec);
    fault(cyclic, 'from', 'lanes form a cycle');
  }
}

function checkLine(spec: PipelineSpec, fault: (index: number, member: string, message: string) => void): void {
  let previous: string | undefined = spec.input;
  spec.stages.forEach((stage, index) => {
    if (previous === undefined) fault(index, 'from', 'a single_ring is one line: the stage before passes nothing on');
    else if (stage.from.length !== 1 || stage.from[0] !== previous) {
      fault(index, 'from', `a single_ring is one line: must be ['${previous}']`);
    }
    previous = stage.to;
  });
}

/** Indexes of stages in an order in which every lane is written before it is read; fewer than the stages when there is a cycle. */
export function topologicalOrder(stages: readonly Stage[], input: string): number[] {
  const written = new Set([input]);
  const order: number[] = [];
  const left = new Set(stages.keys());
  let progress = true;
  while (progress) {
    progress = false;
    for (const index of left) {
      const stage = stages[index];
      if (!stage.from.every((lane) => written.has(lane))) continue;
      order.push(index);
      left.delete(index);
      if (stage.to !== undefined) written.add(stage.to);
      progress = true;
    }
  }
  return order;
}

function inCycle(spec: PipelineSpec): number {
  const order = new Set(topologicalOrder(spec.stages, spec.input));
  return spec.stages.findIndex((_, index) => !order.has(index));
}
