// The partners of the smoke test, as a container: takes every webhook, and tells on GET what it was sent.
import { createServer } from 'node:http';

const received = [];
const server = createServer((request, response) => {
  const { method, url, headers } = request;
  if (method === 'GET') return void response.end(JSON.stringify(received));
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    received.push({ url, headers, body: Buffer.concat(chunks).toString('base64') });
    response.writeHead(204).end();
  });
});
server.listen(9000);
process.on('SIGTERM', () => process.exit(0));
