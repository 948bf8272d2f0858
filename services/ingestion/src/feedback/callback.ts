import { sign } from '@fairlead/platform/outgoing';
import type { OutgoingRequest } from '@fairlead/platform/outgoing';
import type { KeyObject } from 'node:crypto';
import type { FeedbackEntry } from './entry.js';

/**
 * Feedback as a webhook, signed as Standard Webhooks says. The same entries as the source reads them.
 * @param id  the same for every attempt: by it a receiver sees that it has them
 * @param now  milliseconds since the epoch
 */
export function callbackRequest(
  { url, secrets }: { readonly url: string; readonly secrets: readonly KeyObject[] },
  { id, source, entries }: { readonly id: string; readonly source: string; readonly entries: readonly FeedbackEntry[] },
  now: number,
): OutgoingRequest {
  const body = Buffer.from(JSON.stringify({ source, entries }));
  const timestamp = Math.floor(now / 1_000);
  return {
    method: 'POST',
    url: new URL(url),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Fairlead-Feedback/1',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign(secrets, id, timestamp, body),
    },
    body,
  };
}
