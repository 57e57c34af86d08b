import {
  COMMANDS,
  CONTRACTS,
  EVENTS,
  FAILURES,
  PROBLEMS,
  REJECTIONS,
  STREAMS,
  fieldsOf,
  type FieldSchema,
} from '@reenact/contracts';
import { operatorApi } from './operator-api.js';
import { page, table } from './page.js';

const CONTRACTS_FOLDER = 'libs/contracts';

/** The pages of `docs/reference`, by file name. */
export function renderReference(): Record<string, string> {
  return {
    'problems.md': problems(),
    'messages.md': messages(),
    'audit-types.md': auditTypes(),
    'operator-api.md': operatorApi(),
  };
}

function problems(): string {
  const rows = Object.entries(PROBLEMS).map(([code, { status, title, retry }]) => [`\`${code}\``, String(status), title, retry]);
  const why = Object.entries(REJECTIONS).map(([code, { title, remedy }]) => [`\`${code}\``, title, remedy]);
  const failed = Object.entries(FAILURES).map(([code, { title, remedy }]) => [`\`${code}\``, title, remedy]);
  return page(
    'Problems, rejections and failures',
    CONTRACTS_FOLDER,
    'Errors are RFC 9457 documents; `type` is `https://reenact.dev/problems/<code>`.',
    '## Problems',
    table(['code', 'status', 'means', 'retry'], rows),
    '## Rejections',
    'Why a replay is rejected before anything ran, and who can change it.',
    table(['code', 'means', 'remedy'], why),
    '## Failures',
    'Why a replay that was run failed or is indeterminate; those of rejections appear there too.',
    table(['code', 'means', 'remedy'], failed),
  );
}

function messages(): string {
  const streams = STREAMS.map(({ name, subjects }) => [`\`${name}\``, subjects.map((subject) => `\`${subject}\``).join(', ')]);
  const events = [...EVENTS.values()].map((event) => [
    `\`${event.type}.<orgId>\``,
    fields(event.payload),
    event.audit ? `\`${event.audit.type}\`` : 'not sealed',
  ]);
  const commands = [...COMMANDS.values()].map((command) => [`\`${command.type}\``, fields(command.payload)]);
  const requests = CONTRACTS.flatMap((contract) =>
    contract.kind === 'rpc' ? [[`\`${contract.subject}\``, fields(contract.request)]] : [],
  );
  return page(
    'Messages',
    CONTRACTS_FOLDER,
    'Optional fields end with `?`. The envelope is in NATS headers: CloudEvents 1.0 attributes as `ce-*`, and `traceparent`.',
    '## Streams',
    table(['stream', 'subjects'], streams),
    '## Events',
    table(['subject', 'payload', 'sealed as'], sorted(events)),
    '## Commands',
    table(['subject', 'payload'], sorted(commands)),
    '## Requests',
    table(['subject', 'fields'], sorted(requests)),
  );
}

function auditTypes(): string {
  const rows = [...EVENTS.values()].flatMap(({ audit, type }) =>
    audit
      ? [
          [
            `\`${audit.type}\``,
            audit.category,
            audit.outcome,
            `\`${type}\``,
            (audit.personal ?? []).map((name) => `\`${name}\``).join(', '),
          ],
        ]
      : [],
  );
  return page(
    'Audit types',
    CONTRACTS_FOLDER,
    'What is sealed. Personal and free-text fields are in the entry as salted digests only.',
    table(['type', 'category', 'outcome', 'event', 'personal fields'], sorted(rows)),
  );
}

function fields(type: new () => object): string {
  return [...fieldsOf(type)].map(([name, field]) => `${name}${suffix(field)}`).join(', ') || '-';
}

const suffix = ({ array, optional }: FieldSchema) => `${array ? '[]' : ''}${optional ? '?' : ''}`;
const sorted = (rows: string[][]) => rows.toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
