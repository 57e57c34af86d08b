import { defineRpc, type ServiceName } from '../define.js';
import { Text } from '../field.js';
import type { IdKind } from '../ids.js';
import type { ResourceScope } from '../shapes/common.js';

export class LocateResource {
  @Text({ max: 64 }) id: string;
}

export interface LocatedResource {
  /** Null when there is no such resource. */
  scope: ResourceScope | null;
}

const locate = (service: ServiceName) =>
  defineRpc<LocatedResource>()({
    service,
    noun: 'resource',
    verb: 'locate',
    request: LocateResource,
    sample: { id: 'env_01h455vb4pex5vsknk084sn02q' },
  });

/** `rpc.<service>.resource.locate`: where a resource of the service lives, so that the gateway can decide who may see it. */
export const locateResource = {
  catalog: locate('catalog'),
  ingest: locate('ingest'),
  incident: locate('incident'),
  'replay-orchestrator': locate('replay-orchestrator'),
  approval: locate('approval'),
} as const;

/** Which service owns a kind of id. */
export const OWNER_OF: Partial<Record<IdKind, keyof typeof locateResource>> = {
  organisation: 'catalog',
  project: 'catalog',
  environment: 'catalog',
  agent: 'catalog',
  version: 'catalog',
  deployment: 'catalog',
  target: 'catalog',
  artifact: 'ingest',
  incident: 'incident',
  escalation: 'incident',
  replay: 'replay-orchestrator',
  approval: 'approval',
};
