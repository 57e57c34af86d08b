import type { PipelineVersion, TargetPin } from '@reenact/contracts';
import { parseSpec } from '@reenact/pipeline';
import type { ReplayRecord } from './replay.js';
import type { Readings } from './readings.js';

/** What an execute may do: from the plan that was dry-run, else from the spec that is to run. */
export interface PlannedEffects {
  source: 'plan' | 'spec';
  capabilities: string[];
  targets: (TargetPin | { name: string })[];
}

/** Undefined when neither plan nor spec is known, or the spec cannot be read. */
export function plannedEffects(
  replay: ReplayRecord,
  readings: Readings,
  version: PipelineVersion | undefined,
): PlannedEffects | undefined {
  if (replay.dryRunId !== undefined) {
    const header = readings.dryRun?.header;
    return header && { source: 'plan', capabilities: header.capabilities, targets: header.targets };
  }
  if (!version) return undefined;
  const actions = actionsOf(version.spec);
  return (
    actions && {
      source: 'spec',
      capabilities: sorted(actions.map(({ kind, target }) => `${kind}:${target}`)),
      targets: sorted(actions.map(({ target }) => target)).map(
        (name) => readings.pins?.find((pin) => pin.name === name) ?? { name },
      ),
    }
  );
}

/** The targets that a spec's actions name. */
export function targetNames(spec: object): string[] {
  return sorted((actionsOf(spec) ?? []).map(({ target }) => target));
}

function actionsOf(spec: object): { kind: string; target: string }[] | undefined {
  try {
    return parseSpec(spec).stages.flatMap((stage) => (stage.kind === 'action' ? [stage.action] : []));
  } catch {
    return undefined;
  }
}

const sorted = (texts: string[]): string[] => [...new Set(texts)].sort();
