// The far end of the bench: a partner's server in a process of its own, as fast as Node can make one. It notes when each lead's
// webhook came, and that none came twice.
import { createServer } from 'node:http';

const arrivals = new Map<string, number>();
const deliveries = new Set<string>();
let repeated = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.writeHead(204).end();
    const now = performance.timeOrigin + performance.now();
    const id = String(request.headers['webhook-id']);
    if (deliveries.has(id)) repeated += 1;
    deliveries.add(id);
    const subject = /"subject":"([^"]+)"/.exec(Buffer.concat(chunks).toString('latin1'))?.[1];
    if (subject !== undefined && !arrivals.has(subject)) arrivals.set(subject, now);
  });
});
// Between two bursts the senders keep their connections.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
});

process.on('message', (question: { readonly ask: 'count' | 'arrivals' }) => {
  if (question.ask === 'count') process.send?.({ leads: arrivals.size, deliveries: deliveries.size, repeated });
  else process.send?.({ arrivals: [...arrivals] });
});
process.on('disconnect', () => process.exit());
