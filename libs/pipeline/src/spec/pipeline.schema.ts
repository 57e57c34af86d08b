import { TARGET_NAME_PATTERN } from '@reenact/contracts';
import {
  HEADER_NAME_PATTERN,
  HTTP_METHODS,
  LANE_PATTERN,
  PIPELINE_MODELS,
  PIPELINE_NAME_PATTERN,
  SPEC_LIMITS,
} from './spec-model.js';

const name = { type: 'string', pattern: LANE_PATTERN.source };
const expression = { type: 'string', minLength: 1, maxLength: SPEC_LIMITS.expressionLength, description: 'CEL' };
const stageMembers = {
  id: name,
  from: { type: 'array', items: name, minItems: 1, maxItems: SPEC_LIMITS.lanesPerStage, uniqueItems: true },
};

const stage = (kind: string, members: Record<string, object>, required: string[]) => ({
  type: 'object',
  properties: { ...stageMembers, kind: { const: kind }, ...members },
  required: ['id', 'kind', 'from', ...required],
  additionalProperties: false,
});

const actionMembers = {
  target: { type: 'string', pattern: TARGET_NAME_PATTERN.source },
  body: { ...expression, description: '"value", "raw", or CEL' },
  headers: {
    type: 'array',
    items: { type: 'string', pattern: HEADER_NAME_PATTERN.source },
    maxItems: SPEC_LIMITS.headers,
    uniqueItems: true,
  },
};

const action = (kind: string, members: Record<string, object>, required: string[]) => ({
  type: 'object',
  properties: { kind: { const: kind }, ...actionMembers, ...members },
  required: ['kind', 'target', ...required],
  additionalProperties: false,
});

/**
 * The shape of a pipeline spec as JSON Schema 2020-12. What a schema cannot say (expressions compile, lanes hang together) the
 * decoder checks beyond it.
 */
export const PIPELINE_SPEC_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://reenact.dev/schemas/pipeline/v1',
  title: 'Pipeline',
  type: 'object',
  properties: {
    apiVersion: { const: 'reenact.dev/v1' },
    kind: { const: 'Pipeline' },
    name: { type: 'string', pattern: PIPELINE_NAME_PATTERN.source },
    model: { enum: PIPELINE_MODELS },
    input: { ...name, description: 'The lane that journal records enter' },
    stages: { type: 'array', items: { $ref: '#/$defs/stage' }, minItems: 1, maxItems: SPEC_LIMITS.stages },
  },
  required: ['apiVersion', 'kind', 'name', 'model', 'input', 'stages'],
  additionalProperties: false,
  $defs: {
    stage: {
      oneOf: [
        stage('filter', { to: name, when: expression }, ['to', 'when']),
        stage('map', { to: name, value: { $ref: '#/$defs/template' } }, ['to', 'value']),
        stage('split', { to: name, items: expression }, ['to', 'items']),
        stage('window', { to: name, count: { type: 'integer', minimum: 1, maximum: SPEC_LIMITS.windowCount } }, ['to', 'count']),
        stage('action', { to: name, idempotent: { type: 'boolean' }, action: { $ref: '#/$defs/action' } }, ['action']),
      ],
    },
    template: {
      description: 'Text is CEL; lists and objects hold templates; everything else stands for itself',
      anyOf: [
        expression,
        { type: ['number', 'boolean', 'null'] },
        { type: 'array', items: { $ref: '#/$defs/template' } },
        { type: 'object', additionalProperties: { $ref: '#/$defs/template' } },
      ],
    },
    action: {
      oneOf: [
        action('http', { method: { enum: HTTP_METHODS }, path: expression }, ['path']),
        action('nats', { subject: expression }, ['subject']),
      ],
    },
  },
} as const;
