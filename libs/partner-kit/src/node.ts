/// <reference types="node" />
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, READ_ALREADY, type ReceiverSettings, webhookReceiver } from './receive-webhook.js';

/**
 * A handler for node:http, Express and whatever else has its requests and responses. Put it before any parser of bodies:
 * what was parsed has other bytes than what was signed.
 */
export function nodeHandler(settings: ReceiverSettings): (request: IncomingMessage, response: ServerResponse) => void {
  const receive = webhookReceiver(settings);
  const receiveFrom = async (request: IncomingMessage): Promise<Answer> => {
    if (request.readableEnded || request.readableFlowing) throw new TypeError(READ_ALREADY);
    // Who sends too much is still to read why it is refused.
    const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
    return receive({ method: request.method ?? '', headers: request.headers, chunks });
  };
  return (request, response) => {
    receiveFrom(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => {
        settings.onFailure(error, {});
        response.writeHead(500).end();
      },
    );
  };
}
