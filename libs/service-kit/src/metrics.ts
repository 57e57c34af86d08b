import { Inject, Injectable } from '@nestjs/common';
import { MESSAGING_OPTIONS, type MessagingOptions, MetricsHooks } from '@reenact/messaging';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A service's own metrics, named `reenact_<service>_<what>_<unit>`: several services may share a process. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly prefix: string;
  private readonly counters = new Map<string, Counter>();

  constructor(@Inject(MESSAGING_OPTIONS) { service }: MessagingOptions, hooks: MetricsHooks) {
    this.prefix = `reenact_${service.replaceAll('-', '_')}_`;
    this.gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss());
    this.gauge('process_uptime_seconds', 'Age of the process', () => process.uptime());
    hooks.listen((metric, labels, by) =>
      this.counter(`${metric}_total`, `Messaging: ${metric.replaceAll('_', ' ')}`, Object.keys(labels)).inc(labels, by),
    );
  }

  /** The counter of that name, made at the first call. */
  counter(name: string, help: string, labelNames: string[] = []): Counter {
    const existing = this.counters.get(name);
    if (existing) return existing;
    const counter = new Counter({ name: this.prefix + name, help, labelNames, registers: [this.registry] });
    this.counters.set(name, counter);
    return counter;
  }

  histogram(name: string, help: string, labelNames: string[] = [], buckets?: number[]): Histogram {
    return new Histogram({ name: this.prefix + name, help, labelNames, registers: [this.registry], ...(buckets && { buckets }) });
  }

  /** A gauge that asks for its value when it is read. */
  gauge(name: string, help: string, read: () => number | Promise<number>): Gauge {
    return new Gauge({
      name: this.prefix + name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }
}
