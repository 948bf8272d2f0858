import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { Agent, request } from 'undici';
import { checkPath, type LogStorage, StorageFailed, UnreadableFile, WrittenOtherwise } from './storage.js';

export interface S3Settings {
  /** `https://host/bucket` or `https://host/bucket/prefix`: the bucket is in the path, whatever the server. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Shorter in tests. */
  readonly patience?: Partial<Patience>;
}

interface Patience {
  /** For one attempt, the body included: a bundle of 16 MB through a line of 5 Mbit/s. */
  readonly attemptMs: number;
  /** A hiccup, a server that restarts, or a partition of S3 that splits; a real outage is told within seconds. */
  readonly attempts: number;
  /** Four times as long each time: 0.1, 0.4 and 1.6 s. */
  readonly firstDelayMs: number;
}

const PATIENCE: Patience = { attemptMs: 30_000, attempts: 4, firstDelayMs: 100 };
/** A sequencer writes as many tiles at once as it lets wait; more connections would only stand in each other's way. */
const CONNECTIONS = 32;
/** What an error is told in has some hundred bytes; what a write is answered with, none. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** A page of a list has a thousand keys of at most 1,024 bytes, each up to three times as long when encoded, and what is said of each. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;
/** Of which a server that does not honour conditions is known; it stays, as another process may be looking at it. */
const PROBE = 'conditional-writes';

/** Worth another try: the server is busy or restarts, or (409) another conditional write of the same key was under way. */
const PASSING = new Set([409, 429, 500, 502, 503, 504]);

interface Call {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Below the bucket, for messages. */
  readonly what: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly atMostBytes?: number;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** Bytes that the answer has, where they are more than were read. */
  readonly tooLarge?: number;
}

/**
 * A log in a bucket of S3, or of what speaks like it and honours `If-None-Match: *` in a PUT. Bodies are signed with their hash,
 * so a server that checks signatures takes no damaged one.
 */
export class S3Storage implements LogStorage {
  private readonly bucket: URL;
  private readonly prefix: string;
  private readonly patience: Patience;
  private readonly agent: Agent;

  constructor(private readonly settings: S3Settings) {
    const { origin, pathname } = new URL(settings.url);
    const [bucket = '', ...prefix] = pathname.split('/').filter((part) => part !== '');
    this.bucket = new URL(`/${bucket}`, origin);
    this.prefix = prefix.map((part) => `${part}/`).join('');
    this.patience = { ...PATIENCE, ...settings.patience };
    this.agent = new Agent({ connections: CONNECTIONS });
  }

  async prepare(): Promise<void> {
    await this.write(PROBE, Buffer.from('first'));
    const { status } = await this.put(PROBE, Buffer.from('second'), { 'if-none-match': '*' });
    if (status !== 412)
      throw new StorageFailed(
        'the S3 server takes no notice of If-None-Match: * (it let a file be replaced that was there), so two writers could destroy the log: it cannot keep one',
      );
  }

  async read(path: string, atMostBytes: number): Promise<Buffer | undefined> {
    const url = this.urlOf(path);
    const { status, body, tooLarge } = await this.call({ method: 'GET', what: path, url, atMostBytes });
    if (status === 404) return undefined;
    if (tooLarge !== undefined)
      throw new UnreadableFile(path, `has ${tooLarge} bytes or more, and ${atMostBytes} at most can be right`);
    return body;
  }

  async *list(folder: string): AsyncIterable<string> {
    const prefix = `${this.prefix}${checkPath(folder)}/`;
    for (let token: string | undefined = ''; token !== undefined;) {
      const url = new URL(this.bucket);
      // Written by hand: URLSearchParams and the signature do not encode alike.
      url.search = Object.entries({
        'list-type': '2',
        delimiter: '/',
        'encoding-type': 'url',
        prefix,
        ...(token !== '' && { 'continuation-token': token }),
      })
        .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
        .join('&');
      const what = `the list of ${folder}/`;
      const { status, body, tooLarge } = await this.call({ method: 'GET', what, url, atMostBytes: MAX_LIST_BYTES });
      if (status !== 200 || tooLarge !== undefined)
        throw new StorageFailed(`S3: ${what} cannot be read; is there such a bucket?`);
      const page = body.toString('utf8');
      for (const [, key = ''] of page.matchAll(/<Key>([^<]*)<\/Key>/g)) {
        const name = decodeURIComponent(unescaped(key)).slice(prefix.length);
        if (name !== '') yield name;
      }
      const next = /<NextContinuationToken>([^<]+)<\/NextContinuationToken>/.exec(page)?.[1];
      const following = next === undefined ? undefined : unescaped(next);
      if (following !== undefined && following === token)
        throw new StorageFailed(`S3: ${what} goes on where it began: the server does not list by pages`);
      token = following;
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.put(path, bytes, {});
  }

  async writeOnce(path: string, bytes: Uint8Array): Promise<void> {
    const { status } = await this.put(path, bytes, { 'if-none-match': '*' });
    if (status !== 412) return;
    // Another writer's, or our own whose answer was lost.
    const there = await this.read(path, bytes.length).catch((error: unknown) => {
      if (error instanceof UnreadableFile) throw new WrittenOtherwise(path);
      throw error;
    });
    if (!there) throw new StorageFailed(`S3: ${path} was there and is not any more: somebody else removes files`);
    if (!there.equals(bytes)) throw new WrittenOtherwise(path);
  }

  async remove(path: string): Promise<void> {
    await this.call({ method: 'DELETE', what: path, url: this.urlOf(path) });
  }

  private async put(path: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const answer = await this.call({ method: 'PUT', what: path, url: this.urlOf(path), headers, body });
    if (answer.status === 404) throw new StorageFailed(`S3: PUT ${path} was answered 404: there is no such bucket`);
    return answer;
  }

  private urlOf(path: string): URL {
    return new URL(`${this.bucket.pathname}/${this.prefix}${checkPath(path)}`, this.bucket);
  }

  /**
   * @returns what was answered with 200, 204, 404 (no such key) or 412; each time it is signed anew
   * @throws StorageFailed for every other answer, and when there is none
   */
  private async call(call: Call): Promise<Answer> {
    const { attempts, firstDelayMs } = this.patience;
    for (let attempt = 1; ; attempt++) {
      const { failure, ...answer } = await this.attempt(call).then(
        (answer) => ({ ...answer, failure: failureOf(answer) }),
        (error: unknown) => ({ status: 0, body: Buffer.alloc(0), failure: `had no answer (${reasonOf(error)})` }),
      );
      if (failure === undefined) return answer;
      const passing = answer.status === 0 || PASSING.has(answer.status);
      if (!passing || attempt >= attempts)
        throw new StorageFailed(
          `S3: ${call.method} ${call.what} ${failure}${passing ? `, ${attempt} times` : ''}${adviceFor(answer.status)}`,
        );
      await pause(firstDelayMs * 4 ** (attempt - 1));
    }
  }

  private async attempt({ method, url, headers, body, atMostBytes = 0 }: Call): Promise<Answer> {
    const { accessKeyId, secretAccessKey, region } = this.settings;
    const signer = new AwsV4Signer({
      ...{ method, url: url.href, service: 's3', region, accessKeyId, secretAccessKey },
      headers: { ...headers, 'x-amz-content-sha256': hash('sha256', body ?? Buffer.alloc(0)) },
    });
    const answer = await request(url, {
      method,
      headers: Object.fromEntries((await signer.sign()).headers),
      body: body ?? null,
      dispatcher: this.agent,
      signal: AbortSignal.timeout(this.patience.attemptMs),
    });
    const limit = answer.statusCode === 200 ? Math.max(atMostBytes, MAX_ANSWER_BYTES) : MAX_ANSWER_BYTES;
    const chunks: Buffer[] = [];
    let length = Number(answer.headers['content-length'] ?? 0);
    let read = 0;
    if (length <= limit) {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        read += chunk.length;
        if (read > limit) break;
        chunks.push(chunk);
      }
      length = Math.max(length, read);
    } else answer.body.on('error', () => undefined).destroy();
    const tooLarge = answer.statusCode === 200 && method === 'GET' && length > atMostBytes ? length : undefined;
    const whole = length <= limit ? Buffer.concat(chunks) : Buffer.alloc(0);
    return { status: answer.statusCode, body: whole, ...(tooLarge !== undefined && { tooLarge }) };
  }
}

/** The code that S3 gives an error, of which there are words enough; its message may quote what was sent. */
function codeIn(body: Buffer): string {
  return /<Code>([A-Za-z]{1,64})<\/Code>/.exec(body.toString('utf8'))?.[1] ?? '';
}

function failureOf({ status, body }: Answer): string | undefined {
  if (status === 200 || status === 204 || status === 412) return undefined;
  const code = codeIn(body);
  // What is not there is an answer; that the bucket is not there must not be taken for it.
  if (status === 404 && code !== 'NoSuchBucket') return undefined;
  return `was answered ${status}${code === '' ? '' : ` ${code}`}`;
}

function adviceFor(status: number): string {
  if (status === 403)
    return ': the key must be right, the clock too, and the key may s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket';
  if (status === 301 || status === 307) return ': the bucket is at another address, or in another region';
  return '';
}

/** A word for it: messages of the network may repeat addresses. */
function reasonOf(error: unknown): string {
  const { name, code } = error as NodeJS.ErrnoException;
  return name === 'TimeoutError' ? 'not in time' : (code ?? name);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** XML's five names, and characters by their numbers. */
function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));/gi,
    (all, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? all;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}
