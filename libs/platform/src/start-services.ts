import { Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Topic } from '@fairlead/events';
import { connectConsumer, createTopics } from '@fairlead/messaging';
import {
  createDataSource,
  inTransaction,
  migrate,
  type MigrationNews,
  MigrationWatch,
  queryOf,
} from '@fairlead/persistence';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import 'reflect-metadata';
import { ApiKeysStore } from './access/api-keys.store.js';
import { SessionsStore } from './access/sessions.store.js';
import { ApiDocuments } from './documents/api-documents.js';
import { Environment } from './environment.js';
import { createHttpServer, type HttpServer } from './http/http-server.js';
import { ProblemDetailsFilter } from './http/problem-details.filter.js';
import { validationPipe } from './http/validation.js';
import { PinoLogger } from './logger.js';
import { measureRequests } from './operations/http-metrics.js';
import { Parkings } from './operations/parked.controller.js';
import { ReadinessProbes } from './operations/readiness.js';
import { PlatformModule } from './platform.module.js';
import { listRoutes, refuseUndecidedRoutes } from './routes.js';
import { messagingOf, type ServiceMessaging } from './service-messaging.js';
import { type PlatformSettings, readSettings } from './settings.js';

export interface ServiceDefinition {
  /** `partner-notification`: consumer group, schema (with `_` for `-`) and metric label are named after it. */
  readonly name: string;
  readonly module: Type;
  readonly migrations?: URL;
  /** What it consumes. */
  readonly topics: readonly Topic[];
  /** Reads the service's settings, so that everything wrong with all of them is named at once. */
  readonly settings?: (environment: Environment) => unknown;
}

export interface RunningServices {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly app: NestFastifyApplication;
  /**
   * Stops in the order in which nothing is lost: no new requests, requests under way finished, consumers finish their
   * batch, commit and leave their groups, what they said is published, connections closed. May be called twice.
   * @returns false when not everything had ended within the time for it
   */
  close(): Promise<boolean>;
}

export interface StartOptions {
  /** Gives up a start that is still under way, such as one that migrates or waits for Kafka. Later it has no effect: `close` then. */
  readonly signal?: AbortSignal;
  /** Told how far the migrations are, beside the log. */
  readonly onMigration?: (news: MigrationNews) => void;
}

/** Requests end within seconds; one that hangs must not keep the process from stopping. */
const FINISH_REQUESTS_MS = 10_000;
/** Below the 30 s after which an orchestrator kills what it has asked to stop. */
const CLOSE_MS = 25_000;
/** Keys are asked for at most once in seconds each, the readiness query once a second: two connections never wait. */
const ACCESS_POOL_SIZE = 2;
/** Between attempts to reach Kafka at the start; each attempt itself goes on for several seconds. */
const KAFKA_PAUSE_MS = 1_000;

/**
 * Starts these services in this process: one application, one HTTP port. Databases are migrated and HTTP is served before
 * Kafka is waited for, since taking leads in needs the database only. Resolves when everything runs.
 * @throws ConfigurationError that names every variable that is wrong; the signal's reason when it is aborted meanwhile
 */
export async function startServices(
  services: readonly ServiceDefinition[],
  env: NodeJS.ProcessEnv = process.env,
  options: StartOptions = {},
): Promise<RunningServices> {
  const environment = new Environment(env);
  const settings = readSettings(environment);
  for (const service of services) service.settings?.(environment);
  environment.refuseProblems();

  Logger.overrideLogger(new PinoLogger(settings.log));
  const failed = new AbortController();
  const migrations = watchMigrations(options, failed.signal);
  const access = await openAccess(settings, migrations);
  try {
    return await startApplication(services, environment, settings, access, migrations);
  } catch (error) {
    // What fails here ends the process, and the migrations of the other services must not go on without it.
    failed.abort(error);
    await migrations.ended();
    await access.close();
    throw error;
  }
}

function watchMigrations({ signal, onMigration }: StartOptions, failed: AbortSignal): MigrationWatch {
  const logger = new Logger('migrations');
  const stopping = signal ? AbortSignal.any([signal, failed]) : failed;
  return new MigrationWatch((news) => {
    logger.log(news);
    onMigration?.(news);
  }, stopping);
}

async function startApplication(
  services: readonly ServiceDefinition[],
  environment: Environment,
  settings: PlatformSettings,
  access: Access,
  migrations: MigrationWatch,
): Promise<RunningServices> {
  const server = createHttpServer(settings.trustedProxies);
  const { keys, sessions } = access;
  const root = PlatformModule.around(
    services.map(({ module }) => module),
    { environment, settings, keys, sessions, migrations },
  );
  const app = await NestFactory.create<NestFastifyApplication>(root, server.adapter, {
    bodyParser: false,
    abortOnError: false,
  });
  const lifetime = new AbortController();
  const close = once(() => stop(app, server, access, lifetime));
  try {
    app.useGlobalFilters(new ProblemDetailsFilter());
    app.useGlobalPipes(validationPipe());
    measureRequests(app.getHttpAdapter().getInstance(), ['debug', 'trace'].includes(settings.log.level));
    await app.init();
    const routes = listRoutes(app);
    refuseUndecidedRoutes(routes, server.routes);
    app.get(ApiDocuments).build(app, { services, platform: PlatformModule, routes });

    const messaging = messagingOf(app);
    const kafka = watch(app, messaging, access);
    for (const { consumer } of messaging) connectConsumer(app, consumer);
    await app.listen(settings.port, settings.host);
    const url = addressOf(app, settings.host);

    const signal = AbortSignal.any([migrations.stopping, lifetime.signal]);
    await startMessaging(app, settings, messaging, signal);
    kafka.reached = true;
    new Logger('start').log({ event: 'started', services: services.map(({ name }) => name), url });
    return { url, app, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Access {
  readonly keys: ApiKeysStore;
  readonly sessions: SessionsStore;
  ping(): Promise<unknown>;
  close(): Promise<void>;
}

async function openAccess({ connections, adminKey }: PlatformSettings, migrations: MigrationWatch): Promise<Access> {
  const dataSource = createDataSource({
    url: connections.databaseUrl,
    schema: 'access',
    poolSize: ACCESS_POOL_SIZE,
    applicationName: 'fairlead-access',
  });
  await dataSource.initialize();
  try {
    await migrate(dataSource, [new URL('../migrations/', import.meta.url)], migrations);
    const query = queryOf(dataSource);
    const keys = new ApiKeysStore(query, (work) => inTransaction(dataSource, work));
    if (adminKey !== undefined) await keys.establishOperatorKey(adminKey);
    const sessions = new SessionsStore(query);
    return { keys, sessions, ping: () => query('SELECT 1'), close: once(() => dataSource.destroy()) };
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/** Connects readiness and parking to the messaging of every service. */
function watch(
  app: NestFastifyApplication,
  messaging: readonly ServiceMessaging[],
  access: Access,
): { reached: boolean } {
  const kafka = { reached: false };
  const probes = app.get(ReadinessProbes);
  const parkings = app.get(Parkings);
  probes.add('database', async () => {
    await access.ping();
    return undefined;
  });
  probes.add('kafka', () => (kafka.reached ? undefined : 'not reached yet'));
  for (const { service, consumer, relay, parking } of messaging) {
    probes.add(`${service} consumer`, () => consumer.failure);
    probes.add(`${service} relay`, () => relay.failure);
    parkings.add(parking);
  }
  return kafka;
}

async function startMessaging(
  app: NestFastifyApplication,
  { connections }: PlatformSettings,
  messaging: readonly ServiceMessaging[],
  signal: AbortSignal,
): Promise<void> {
  const logger = new Logger('start');
  for (let reached = false; !reached;) {
    reached = await orAborted(createTopics(connections), signal).then(
      () => true,
      (error: unknown) => {
        signal.throwIfAborted();
        logger.warn({ event: 'kafka.unreachable', error });
        return false;
      },
    );
    if (!reached) await orAborted(sleep(KAFKA_PAUSE_MS), signal);
  }
  for (const { relay } of messaging) relay.start();
  await app.startAllMicroservices();
}

/** What is abandoned goes on in the background, where its outcome concerns nobody any more. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function stop(
  app: NestFastifyApplication,
  server: HttpServer,
  access: Access,
  lifetime: AbortController,
): Promise<boolean> {
  const logger = new Logger('stop');
  lifetime.abort(new Error('stopped while starting'));
  server.drain();
  const hanging = setTimeout(() => {
    logger.warn({ event: 'requests.cut-off', afterMs: FINISH_REQUESTS_MS });
    (app.getHttpServer() as { closeAllConnections(): void }).closeAllConnections();
  }, FINISH_REQUESTS_MS);
  const complete = await within(CLOSE_MS, async () => {
    await app.close();
    await access.close();
  });
  clearTimeout(hanging);
  if (!complete) logger.error({ event: 'stop.incomplete', afterMs: CLOSE_MS });
  return complete;
}

async function within(milliseconds: number, work: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([work().then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work());
}

function addressOf(app: NestFastifyApplication, host: string): string {
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
