import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** What came in by a webhook whose signature is right, once for each offer. */
export interface Offer {
  readonly party: string;
  readonly leadId: string;
  readonly webhookId: string;
  readonly grade: string | null;
}

export interface Receivers {
  /** Where this party's webhooks go. */
  urlOf(party: string): string;
  readonly counts: Readonly<Counts>;
  close(): void;
}

interface Counts {
  /** Webhooks whose signature was verified, repeated ones included. */
  verified: number;
  refused: number;
  /** Answered with 500 on purpose. */
  failed: number;
}

/** A webhook tells one lead; what is larger is none. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * The partners' side: one small server on loopback, an address for each party. It checks signatures with the official
 * Standard Webhooks library, answers at once, as a good receiver does, and hands the offer on to be worked.
 * @param secrets by party
 * @param breaksAtFirst how many webhooks a party answers with 500 before its receiver is repaired
 */
export async function startReceivers(
  secrets: ReadonlyMap<string, string>,
  breaksAtFirst: ReadonlyMap<string, number>,
  onOffer: (offer: Offer) => void,
): Promise<Receivers> {
  const counts: Counts = { verified: 0, refused: 0, failed: 0 };
  const seen = new Set<string>();
  const broken = new Map(breaksAtFirst);
  const verifiers = new Map([...secrets].map(([party, secret]) => [party, new Webhook(secret)]));

  const receive = async (request: IncomingMessage): Promise<number> => {
    const party = request.url?.slice(1) ?? '';
    const verifier = verifiers.get(party);
    const body = await read(request);
    if (!verifier || request.method !== 'POST' || body === undefined) return 404;
    let content: unknown;
    try {
      content = verifier.verify(body, request.headers as Record<string, string>);
    } catch {
      counts.refused += 1;
      return 401;
    }
    counts.verified += 1;
    const failuresLeft = broken.get(party) ?? 0;
    if (failuresLeft > 0) {
      broken.set(party, failuresLeft - 1);
      counts.failed += 1;
      return 500;
    }
    const webhookId = String(request.headers['webhook-id']);
    const offer = offerIn(content, party, webhookId);
    if (offer && !seen.has(webhookId)) {
      seen.add(webhookId);
      onOffer(offer);
    }
    return 204;
  };

  const server = createServer((request, response) => {
    receive(request).then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(),
    );
  });
  // Webhooks come over connections that are kept; closing must not wait for these.
  server.keepAliveTimeout = 30_000;
  const port = await listen(server);
  return {
    urlOf: (party) => `http://127.0.0.1:${port}/${party}`,
    counts,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function offerIn(content: unknown, party: string, webhookId: string): Offer | undefined {
  const { type, subject, data } = content as {
    readonly type?: unknown;
    readonly subject?: unknown;
    readonly data?: { readonly grade?: unknown };
  };
  if (type !== 'lead.routed' || typeof subject !== 'string') return undefined;
  const grade = typeof data?.grade === 'string' ? data.grade : null;
  return { party, leadId: subject, webhookId, grade };
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
