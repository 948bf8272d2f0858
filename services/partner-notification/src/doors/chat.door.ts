import { Injectable } from '@nestjs/common';
import { GuardedHttp } from '@fairlead/platform/outgoing';
import { chatAnswer, chatMessage } from './chat.js';
import type { Address, Said, Send } from './door.js';
import type { Told } from './told.js';

/** An incoming webhook of a chat, Slack's or Teams', or of one that takes after either. */
@Injectable()
export class ChatDoor {
  constructor(private readonly http: GuardedHttp) {}

  prepare({ url, flavour }: Address & { kind: 'chat' }, { id }: Said, told: Told): Send {
    const body = Buffer.from(JSON.stringify(chatMessage(told, flavour)));
    const headers = { 'content-type': 'application/json', 'user-agent': 'Fairlead-Webhooks/1', 'webhook-id': id };
    return async () => chatAnswer(await this.http.send({ method: 'POST', url, headers, body }));
  }
}
