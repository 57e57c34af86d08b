import type { JournalEntry } from '../journal/journal-record.js';
import type { Outcome } from '../journal/outcome.js';
import type { PipelineSpec } from '../spec/spec-model.js';

/** One stage of every kind, a fan-out, a merge, two kinds of action. */
export const GOLDEN_PIPELINE: PipelineSpec = {
  apiVersion: 'reenact.dev/v1',
  kind: 'Pipeline',
  name: 'orders',
  model: 'lane_graph',
  input: 'orders',
  stages: [
    { id: 'paid', kind: 'filter', from: ['orders'], to: 'paid', when: "body.state == 'paid' && body.total > 10" },
    { id: 'open', kind: 'filter', from: ['orders'], to: 'open', when: "body.state.matches('^(open|held)$')" },
    { id: 'lines', kind: 'split', from: ['paid'], to: 'lines', items: 'value.lines.filter(l, l.qty > 0)' },
    {
      id: 'line',
      kind: 'map',
      from: ['lines'],
      to: 'line',
      value: {
        sku: 'value.sku',
        qty: 'value.qty * 2',
        price: 'value.price * 0.5',
        order: 'offset',
        tags: ["headers['x-shop']", null, 1.5],
      },
    },
    { id: 'batch', kind: 'window', from: ['open', 'line'], to: 'batches', count: 3 },
    {
      id: 'ship',
      kind: 'action',
      from: ['line'],
      idempotent: true,
      action: { kind: 'http', target: 'warehouse', method: 'PUT', path: "'/lines/' + value.sku", headers: ['x-shop'] },
    },
    {
      id: 'audit',
      kind: 'action',
      from: ['batches', 'open'],
      action: { kind: 'nats', target: 'bus', subject: "'orders.' + string(size(key))", body: "{'at': at, 'what': value}" },
    },
    { id: 'copy', kind: 'action', from: ['paid'], action: { kind: 'http', target: 'archive', path: "'/' + key", body: 'raw' } },
  ],
};

export function goldenJournal(count: number): JournalEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    offset: index * 2 + (index > 20 ? 5 : 0),
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
    key: `k${index}`,
    headers: { 'X-Shop': `shop-${index % 4}` },
    body: {
      state: ['paid', 'open', 'held', 'lost'][index % 4],
      total: index * 3.25,
      lines: Array.from({ length: index % 3 }, (_unused, line) => ({
        sku: `s${index}-${line}`,
        qty: line + (index % 2),
        price: line + 0.1,
      })),
      ...(index % 7 === 0 && { state: index }),
    },
  }));
}

export function goldenOutcomes(count: number): Outcome[] {
  return goldenJournal(count).flatMap(({ offset }, index): Outcome[] => {
    if (index % 3 === 2) return [];
    return [
      { offset, stage: 'audit', n: 0, status: index % 5 === 0 ? 'error' : 'ok' },
      { offset, stage: 'ship', n: 0, status: 'ok' },
      { offset, stage: 'copy', n: 0, status: 'skipped' },
    ];
  });
}
