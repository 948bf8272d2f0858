import {
  Inject,
  Module,
  type DynamicModule,
  type INestApplication,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { topicName, topics, type Topic } from '@fairlead/events';
import { createDataSource, migrate, MigrationWatch } from '@fairlead/persistence';
import type { NestMicroservice } from '@nestjs/microservices';
import { DataSource } from 'typeorm';
import { BatchConsumer } from './batch-consumer.js';
import { CONNECTIONS, SERVICE, type Connections, type MessagingService } from './connections.js';
import { HandlerErrors } from './handler-errors.filter.js';
import { Kafka } from './kafka.js';
import { Parking } from './parking.js';
import { Relay } from './relay.js';
import { UnitsOfWork } from './unit-of-work.js';

/** One transaction of the consumer, one session of the relay, and the rest for HTTP requests and timers. */
const POOL_SIZE = 8;
/** How long a stopping relay may go on publishing; what is left then is published at the next start. */
const RELAY_CLOSE_MS = 3_000;

/** Inbox, outbox, parking and transport of one service; imported by that service's module, which then injects `UnitsOfWork`. */
@Module({})
export class MessagingModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly relay: Relay,
    private readonly dataSource: DataSource,
    @Inject(SERVICE) readonly service: MessagingService,
  ) {}

  /**
   * @param service its topics are those that hold the events its handlers name; with `gatherMs` it reads no more often, for services
   *   that no lead waits for on its way to whoever gets it
   */
  static forService(service: {
    name: string;
    migrations: URL;
    topics?: readonly Topic[];
    gatherMs?: number;
  }): DynamicModule {
    const described: MessagingService = {
      name: service.name,
      schema: service.name.replaceAll('-', '_'),
      migrations: service.migrations,
      topics: service.topics ?? ['lifecycle', 'control'],
      gatherMs: service.gatherMs,
    };
    return {
      module: MessagingModule,
      providers: [
        { provide: SERVICE, useValue: described },
        {
          provide: DataSource,
          inject: [CONNECTIONS, MigrationWatch],
          useFactory: (connections: Connections, watch: MigrationWatch) => open(described, connections, watch),
        },
        {
          provide: Kafka,
          inject: [CONNECTIONS],
          useFactory: ({ kafka }: Connections) =>
            new Kafka({ ...kafka, clientId: `${kafka.clientId}-${described.name}` }),
        },
        Relay,
        UnitsOfWork,
        Parking,
        BatchConsumer,
      ],
      exports: [DataSource, Kafka, UnitsOfWork, Parking, BatchConsumer, Relay, SERVICE],
    };
  }

  onApplicationBootstrap(): void {
    this.relay.start();
  }

  /** Consumers have stopped and requests are answered: what they said is published, then the connections close. */
  async onApplicationShutdown(): Promise<void> {
    await this.relay.close(RELAY_CLOSE_MS);
    await this.dataSource.destroy();
  }
}

async function open(service: MessagingService, connections: Connections, watch: MigrationWatch): Promise<DataSource> {
  const dataSource = createDataSource({
    url: connections.databaseUrl,
    schema: service.schema,
    poolSize: POOL_SIZE,
    applicationName: `fairlead-${service.name}`,
  });
  await dataSource.initialize();
  try {
    await migrate(dataSource, [new URL('../migrations/', import.meta.url), service.migrations], watch);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/** Makes all topics of Fairlead that are missing on the cluster. */
export async function createTopics(connections: Connections): Promise<void> {
  await new Kafka(connections.kafka).createTopics(
    Object.entries(topics).map(([topic, { partitions, retentionMs, maxBatchBytes, segmentMs }]) => ({
      name: topicName(topic as Topic, connections.topicPrefix),
      partitions,
      retentionMs,
      maxBatchBytes,
      ...(segmentMs !== undefined && { segmentMs }),
    })),
  );
}

/** Adds a service's consumer to the application as a microservice; `startAllMicroservices()` then starts it. */
export function connectConsumer(app: INestApplication, consumer: BatchConsumer): void {
  // Deferred, because handlers are registered with the filters there are at that moment; the application itself calls the
  // modules' start-up hooks, which must not run once more for each consumer.
  const microservice = app.connectMicroservice({ strategy: consumer }, { deferInitialization: true });
  microservice.useGlobalFilters(new HandlerErrors());
  (microservice as NestMicroservice).setIsInitHookCalled(true);
}
