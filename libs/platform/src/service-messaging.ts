import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  BatchConsumer,
  classOf,
  MessagingModule,
  type MessagingService,
  Parking,
  Relay,
  SERVICE,
} from '@fairlead/messaging';
import type { ServiceParking } from './operations/parked.controller.js';

/** The messaging of one service in the application. Each has its own instances of the same classes. */
export interface ServiceMessaging {
  readonly service: string;
  readonly consumer: BatchConsumer;
  readonly relay: Relay;
  readonly parking: ServiceParking;
}

export function messagingOf(app: INestApplication): ServiceMessaging[] {
  const modules = [...app.get(ModulesContainer).values()].filter(({ metatype }) => metatype === MessagingModule);
  return modules.map((module) => {
    const get = <T>(token: symbol | (abstract new (...args: never[]) => T)) =>
      module.getProviderByKey<T>(token).instance;
    const service = get<MessagingService>(SERVICE).name;
    const parking = get(Parking);
    return {
      service,
      consumer: get(BatchConsumer),
      relay: get(Relay),
      parking: {
        service,
        list: (page) => parking.list(page),
        redrive: (id, by) => parking.redrive(id, by, classOf),
      },
    };
  });
}
