import { Module } from '@nestjs/common';
import { MessagingModule } from '@fairlead/messaging';
import { FirstModel } from './handlers/first-model.js';
import { LeadChangedHandler } from './handlers/lead-changed.handler.js';
import { LeadCompletedHandler } from './handlers/lead-completed.handler.js';
import { LeadReceivedHandler } from './handlers/lead-received.handler.js';
import { ModelsController } from './handlers/models.controller.js';
import { ModelsStore } from './store/models.store.js';

export const migrations = new URL('../migrations/', import.meta.url);

@Module({
  imports: [MessagingModule.forService({ name: 'scoring', migrations, topics: ['lifecycle'] })],
  controllers: [LeadReceivedHandler, LeadCompletedHandler, LeadChangedHandler, ModelsController],
  providers: [ModelsStore, FirstModel],
})
export class ScoringModule {}
