import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { PATTERN_METADATA, TRANSPORT_METADATA } from '@nestjs/microservices/constants.js';

/** Looks at every message handler at boot: each names its transport, and no pattern is used twice. */
@Injectable()
export class HandlerGuard implements OnModuleInit {
  constructor(private readonly discovery: DiscoveryService) {}

  /** Throws when a handler would be bound wrongly. */
  onModuleInit(): void {
    const owners = new Map<string, string>();
    for (const { pattern, transport, owner } of this.handlers()) {
      if (transport === undefined) throw new Error(`${owner} names no transport: use @Rpc or @JetStream`);
      const key = `${String(transport)} ${JSON.stringify(pattern)}`;
      const other = owners.get(key);
      if (other) throw new Error(`${owner} and ${other} both serve ${String(pattern)}`);
      owners.set(key, owner);
    }
  }

  private *handlers(): Generator<{ pattern: unknown; transport: unknown; owner: string }> {
    const scanner = new MetadataScanner();
    for (const { instance, metatype } of this.discovery.getControllers()) {
      if (!instance || !metatype) continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const patterns = Reflect.getMetadata(PATTERN_METADATA, prototype[name]) as unknown[] | undefined;
        const transport: unknown = Reflect.getMetadata(TRANSPORT_METADATA, prototype[name]);
        for (const pattern of patterns ?? []) yield { pattern, transport, owner: `${metatype.name}.${name}` };
      }
    }
  }
}
