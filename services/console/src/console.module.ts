import { Module } from '@nestjs/common';
import { EntryLinksController } from './handlers/entry-links.controller.js';
import { PageController } from './handlers/page.controller.js';
import { SessionController } from './handlers/session.controller.js';

@Module({ controllers: [PageController, SessionController, EntryLinksController] })
export class ConsoleModule {}
