import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CONNECTIONS } from '@fairlead/messaging';
import { MigrationWatch } from '@fairlead/persistence';
import { AccessGuard } from './access/access.guard.js';
import { ApiKeysStore } from './access/api-keys.store.js';
import { Callers } from './access/callers.js';
import { KeysController } from './access/keys.controller.js';
import { PartnerKeysController } from './access/partner-keys.controller.js';
import { SessionsStore } from './access/sessions.store.js';
import { ApiDocuments } from './documents/api-documents.js';
import { ApiDocumentsController } from './documents/api-documents.controller.js';
import { Environment } from './environment.js';
import { HealthController } from './operations/health.controller.js';
import { MetricsController } from './operations/metrics.controller.js';
import { ParkedController, Parkings } from './operations/parked.controller.js';
import { ReadinessProbes } from './operations/readiness.js';
import type { PlatformSettings } from './settings.js';

/** What stands around the services of a process: access, operations, documents; and the settings that all of them share. */
@Module({})
export class PlatformModule {
  static around(
    services: readonly Type[],
    given: {
      readonly environment: Environment;
      readonly settings: PlatformSettings;
      readonly keys: ApiKeysStore;
      readonly sessions: SessionsStore;
      readonly migrations: MigrationWatch;
    },
  ): DynamicModule {
    return {
      module: PlatformModule,
      global: true,
      imports: [...services],
      controllers: [
        KeysController,
        PartnerKeysController,
        HealthController,
        MetricsController,
        ParkedController,
        ApiDocumentsController,
      ],
      providers: [
        { provide: Environment, useValue: given.environment },
        { provide: CONNECTIONS, useValue: given.settings.connections },
        { provide: MigrationWatch, useValue: given.migrations },
        { provide: ApiKeysStore, useValue: given.keys },
        { provide: SessionsStore, useValue: given.sessions },
        { provide: Callers, useFactory: () => new Callers(given.keys) },
        { provide: APP_GUARD, useClass: AccessGuard },
        ReadinessProbes,
        Parkings,
        ApiDocuments,
      ],
      exports: [Environment, CONNECTIONS, MigrationWatch, ReadinessProbes, Callers, SessionsStore],
    };
  }
}
