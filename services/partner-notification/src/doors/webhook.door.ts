import { Injectable } from '@nestjs/common';
import { GuardedHttp } from '@fairlead/platform/outgoing';
import type { Endpoint } from '../delivery/lane.js';
import { webhookHeaders } from '../delivery/webhook.js';
import type { Address, Said, Send } from './door.js';

@Injectable()
export class WebhookDoor {
  constructor(private readonly http: GuardedHttp) {}

  prepare(endpoint: Endpoint, { url }: Address & { kind: 'webhook' }, { id, body }: Said, now: number): Send {
    const headers = webhookHeaders(id, body, endpoint.keys, now, endpoint.headers);
    return () => this.http.send({ method: 'POST', url, headers, body });
  }
}
