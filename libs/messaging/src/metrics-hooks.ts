import { Injectable } from '@nestjs/common';

/** What messaging counts. Labels: `stream` for outbox metrics, `consumer` for consumer metrics, `code` for RPC problems. */
export type MessagingMetric =
  | 'outbox_published'
  | 'outbox_duplicates'
  | 'outbox_publish_failures'
  | 'outbox_republished'
  | 'outbox_pruned'
  | 'consumer_handled'
  | 'consumer_duplicates'
  | 'consumer_skipped'
  | 'consumer_failures'
  | 'consumer_dead_letters'
  | 'rpc_calls'
  | 'rpc_problems';

export type MetricListener = (metric: MessagingMetric, labels: Record<string, string>, by: number) => void;

/** Where messaging says what it counts; whoever serves metrics listens. */
@Injectable()
export class MetricsHooks {
  private readonly listeners: MetricListener[] = [];

  listen(listener: MetricListener): void {
    this.listeners.push(listener);
  }

  count(metric: MessagingMetric, labels: Record<string, string>, by = 1): void {
    if (by > 0) for (const listener of this.listeners) listener(metric, labels, by);
  }
}
