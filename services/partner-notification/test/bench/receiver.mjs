// The barest receiver there can be, in a process of its own: counts requests on kept connections and answers 200. It parses nothing but
// the length of a body, so that what is measured is the sender.
import { createServer } from 'node:net';

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
let count = 0;
const delayMs = Number(process.env.RECEIVER_DELAY_MS ?? 0);

const server = createServer({ noDelay: true }, (socket) => {
  let pending = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = pending.latin1Slice(0, end).toLowerCase();
      const at = head.indexOf('content-length: ');
      const length = at < 0 ? 0 : parseInt(head.slice(at + 16), 10);
      if (pending.length < end + 4 + length) return;
      pending = pending.subarray(end + 4 + length);
      count += 1;
      if (delayMs > 0) setTimeout(() => socket.write(ANSWER), delayMs);
      else socket.write(ANSWER);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('message', () => process.send?.({ count }));
process.on('disconnect', () => process.exit());
