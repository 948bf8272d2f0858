// The far end of the webhook bench, in a process of its own: the barest server there can be, so that what is measured is the sender. It
// parses nothing but the length of a body and, where it is asked to, when each delivery came. On some paths it can begin to hang.
import { createServer, type AddressInfo, type Server } from 'node:net';

export interface Tally {
  readonly received: number;
  readonly repeated: number;
}

export type Question =
  | { readonly ask: 'tally' }
  | { readonly ask: 'begin'; readonly noting: boolean }
  | { readonly ask: 'arrivals' }
  /** From now on nobody answers on `<at><n>` where n is below that. */
  | { readonly ask: 'hang'; readonly at: string; readonly below: number };

const ANSWER = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n');
const LENGTH = 'content-length: ';
const ID = 'webhook-id: ';
const SUBJECT = '"subject":"';
const UUID_LENGTH = 36;

let received = 0;
let repeated = 0;
let seen = new Set<string>();
let noting = false;
let hanging: { readonly at: string; readonly below: number } | undefined;
let arrivals: [lead: string, at: number][] = [];

function take(head: string, body: Buffer): void {
  received += 1;
  const at = head.indexOf(ID);
  if (at >= 0) {
    const id = head.slice(at + ID.length, at + ID.length + UUID_LENGTH);
    if (seen.has(id)) repeated += 1;
    seen.add(id);
  }
  if (!noting) return;
  const from = body.indexOf(SUBJECT) + SUBJECT.length;
  arrivals.push([body.toString('latin1', from, from + UUID_LENGTH), performance.timeOrigin + performance.now()]);
}

const answering = createServer({ noDelay: true }, (socket) => {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = pending.toString('latin1', 0, end).toLowerCase();
      const at = head.indexOf(LENGTH);
      const length = at < 0 ? 0 : parseInt(head.slice(at + LENGTH.length), 10);
      const body = end + 4;
      if (pending.length < body + length) return;
      take(head, pending.subarray(body, body + length));
      pending = pending.subarray(body + length);
      if (!hangs(head)) socket.write(ANSWER);
    }
  });
});

function hangs(head: string): boolean {
  if (!hanging) return false;
  const at = head.indexOf(hanging.at);
  return at >= 0 && parseInt(head.slice(at + hanging.at.length), 10) < hanging.below;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 }, resolve));
  return (server.address() as AddressInfo).port;
}

process.on('message', (question: Question) => {
  if (question.ask === 'tally') process.send?.({ received, repeated } satisfies Tally);
  else if (question.ask === 'arrivals') process.send?.(arrivals);
  else if (question.ask === 'hang') {
    hanging = question;
    process.send?.({});
  } else {
    [received, repeated, seen, arrivals, noting] = [0, 0, new Set(), [], question.noting];
    process.send?.({});
  }
});
process.on('disconnect', () => process.exit());
process.send?.({ port: await portOf(answering) });
