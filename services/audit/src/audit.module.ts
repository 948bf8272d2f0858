import { Module } from '@nestjs/common';
import { MessagingModule } from '@fairlead/messaging';
import { Environment } from '@fairlead/platform';
import { readSettings, SETTINGS } from './config.js';
import { LeadLogController } from './handlers/lead-log.controller.js';
import { LogController } from './handlers/log.controller.js';
import { LogReader } from './log-reader.js';
import { Sequencer } from './sequencer/sequencer.js';
import { LogStore } from './store/log.store.js';

export const migrations = new URL('../migrations/', import.meta.url);

@Module({
  imports: [MessagingModule.forService({ name: 'audit', migrations, topics: ['lifecycle', 'control'] })],
  controllers: [LogController, LeadLogController],
  providers: [{ provide: SETTINGS, inject: [Environment], useFactory: readSettings }, Sequencer, LogStore, LogReader],
})
export class AuditModule {}
