import { connect } from 'node:net';

export interface Answered {
  readonly status: number;
}

export type Send = (
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
) => Promise<Answered>;

/** Slower than any answer; a server that does not answer is a finding. */
const TIMEOUT_MS = 15_000;

/**
 * Sends a request whose target is exactly what was written. HTTP clients tidy addresses up (`//`, `/../`, `%61`), which are
 * the very ones to be tried.
 */
export function sendAsWritten(url: string): Send {
  const { hostname, port } = new URL(url);
  return (method, target, headers, body = '') =>
    new Promise((resolve, reject) => {
      const lines = Object.entries({ host: `${hostname}:${port}`, connection: 'close', ...headers }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      const length = body === '' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
      let received = '';
      const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''), () => {
        socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('')}${length}\r\n${body}`);
      });
      socket.setEncoding('latin1');
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer to ${method} ${target}`)));
      socket.on('data', (chunk: string) => {
        received += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => {
        const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1];
        if (status === undefined) reject(new Error(`no HTTP answer to ${method} ${target}`));
        else resolve({ status: Number(status) });
      });
    });
}
