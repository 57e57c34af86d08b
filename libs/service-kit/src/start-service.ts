import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceName } from '@reenact/contracts';
import { JetStreamStrategy, RpcServer } from '@reenact/messaging';
import type { FastifyInstance } from 'fastify';
import { HttpAdapter } from './http-adapter.js';
import { Lifecycle } from './lifecycle.js';
import { withLogContext } from './log-context.js';
import { openLogger, PinoLoggerService } from './logger.js';
import { Metrics } from './metrics.js';
import { ProblemFilter } from './problem.filter.js';
import { portVariable, type ServiceConfig } from './service-config.js';

export interface StartOptions {
  name: ServiceName;
  /** For services that run in several kinds, as the runner does. */
  pool?: string;
  /** The service's module; it imports persistence, messaging and service-kit. */
  module: DynamicModule | Type;
  config: ServiceConfig;
  /** Adds plugins before routes are made. */
  fastify?: (instance: FastifyInstance) => void | Promise<void>;
}

/** A service that takes work. */
export interface RunningService {
  /** Where its HTTP server listens. */
  url: string;
  app: NestFastifyApplication;
  /** Takes no more work, lets what runs end, sends what is to be sent, and closes everything. */
  stop(): Promise<void>;
}

/** After that long at a stop, connections that are still open (event streams, slow callers) are cut. */
const STOP_PATIENCE_MS = 5_000;

/** Boots a service: HTTP, RPC and JetStream in one Nest application, with a log of its own even when it shares a process. */
export function startService(options: StartOptions): Promise<RunningService> {
  return withLogContext({ service: options.name, ...(options.pool !== undefined && { pool: options.pool }) }, () =>
    boot(options),
  );
}

async function boot({ name, module, config, fastify }: StartOptions): Promise<RunningService> {
  const logger = new PinoLoggerService(openLogger(config.logLevel, config.logFile));
  const adapter = new HttpAdapter(config.http);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger,
    bodyParser: false,
    abortOnError: false,
  });
  try {
    app.useGlobalFilters(new ProblemFilter());
    adapter.measure(app.get(Metrics));
    await fastify?.(adapter.fastify());
    app.connectMicroservice({ strategy: app.get(RpcServer) });
    app.connectMicroservice({ strategy: app.get(JetStreamStrategy) });
    await app.init();
    await app.startAllMicroservices();
    await listen(app, name, config);
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  const lifecycle = app.get(Lifecycle);
  lifecycle.state = 'started';
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  logger.log(`${name} is ready on ${url}`, 'Service');
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= close(app, lifecycle));
  return { url, app, stop };
}

async function listen(app: NestFastifyApplication, name: ServiceName, { port, host }: ServiceConfig): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const how = `Stop what uses it, or set ${portVariable(name)} to another one`;
    throw new Error(`Port ${port} for ${name} is in use on ${host}. ${how}.`, { cause: error });
  }
}

async function close(app: NestFastifyApplication, lifecycle: Lifecycle): Promise<void> {
  lifecycle.state = 'stopping';
  const server = app.getHttpServer();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_PATIENCE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}
