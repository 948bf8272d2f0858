import { Inject, Injectable, Logger } from '@nestjs/common';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { type NotificationSettings, SETTINGS } from '../config.js';
import type { MailSettings } from '../mail-settings.js';
import type { Email } from './email.js';
import type { CameBack, Refusal, Send } from './door.js';

type Transport = ReturnType<typeof relayOf>;

/** To one relay: more would be taken for an attack by many of them. */
const MAX_CONNECTIONS = 5;
/** What is kept of an answer for people to look at. */
const BEGINNING_BYTES = 1_024;

/**
 * Writes a message when there is a connection for it: what is written waits nowhere, and tells what is true by then. Undefined: it cannot be
 * written now, which is nobody's failure but ours.
 */
export type Write = () => Email | Promise<Email | undefined>;

/** What a relay has taken, as nodemailer tells it. */
interface Taken {
  readonly rejected: readonly unknown[];
  readonly response: string;
}

/** As nodemailer tells what went wrong. */
interface SmtpError {
  readonly code?: string;
  readonly message?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
  /** Where several recipients were refused, each by itself. */
  readonly rejectedErrors?: readonly SmtpError[];
}

/**
 * E-mail through the operator's relay. It is not the party's server that answers but the relay: taken is what the relay has taken on.
 * The relay is named by the operator, so no address is checked that is called here, and no egress proxy is asked.
 */
@Injectable()
export class EmailDoor {
  readonly #log = new Logger('webhooks');
  readonly #transport: Transport | undefined;
  #free = MAX_CONNECTIONS;
  /** Who waits for a connection, in their order: at most as many as are under way at once. */
  readonly #waiting: (() => void)[] = [];

  constructor(@Inject(SETTINGS) private readonly settings: NotificationSettings) {
    this.#transport = settings.mail && relayOf(settings.mail, settings);
  }

  /** @param id  of the delivery */
  prepare(to: readonly string[], id: string, write: Write): Send {
    const { mail } = this.settings;
    const transport = this.#transport;
    if (!mail || !transport) return () => Promise.resolve(refusal('smtp-not-set', { startedAt: performance.now() }));
    const around: SendMailOptions = {
      // Nobody's out-of-office notice is to be sent to it (RFC 3834).
      headers: { 'auto-submitted': 'auto-generated', 'x-auto-response-suppress': 'All', 'webhook-id': id },
      from: mail.from,
      to: [...to],
      // Ours in every attempt: whoever gets it twice, because an answer was lost, has it once.
      messageId: `<${id}@${mail.from.slice(mail.from.lastIndexOf('@') + 1)}>`,
      envelope: { from: mail.from, to: [...to] },
    };
    return () => this.#send(write, around, transport);
  }

  close(): void {
    this.#transport?.close();
  }

  async #send(write: Write, around: SendMailOptions, transport: Transport): Promise<CameBack> {
    const startedAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => {
        isOver = true;
        resolve('late');
      }, this.settings.deadlineMs);
    });
    try {
      // Not handed over before there is a connection for it: what nodemailer has queued cannot be taken back.
      if ((await this.#turn(late)) === 'late') return refusal('timeout', { startedAt });
      const handOver = async (): Promise<Taken | undefined> => {
        const email = await write();
        // Nobody waits for it any more: another attempt sends it.
        return email && !isOver ? ((await transport.sendMail({ ...email, ...around })) as Taken) : undefined;
      };
      const sent = handOver().finally(() => this.#giveBack());
      sent.catch(() => undefined); // after the deadline nobody looks
      const info = await Promise.race([sent, late]);
      if (info === 'late') return refusal('timeout', { startedAt });
      // As if it had been broken off: it is sent again when its lease has run out, and nothing is held against the endpoint.
      if (!info) return { outcome: 'failed', why: 'cancelled', status: undefined, ...said(startedAt, '') };
      const { length } = info.rejected;
      if (length > 0) this.#log.warn({ event: 'webhooks.email-partly-refused', refused: length });
      const status = Number(/^\d{3}/.exec(info.response)?.[0] ?? 250);
      return { outcome: 'answered', status, retryAfter: undefined, ...said(startedAt, info.response) };
    } catch (error) {
      return refusalOf(error as SmtpError, startedAt);
    } finally {
      clearTimeout(timer);
    }
  }

  async #turn(late: Promise<'late'>): Promise<'late' | 'go'> {
    if (this.#free > 0) {
      this.#free -= 1;
      return 'go';
    }
    let mine: (() => void) | undefined;
    const called = new Promise<'go'>((resolve) => {
      mine = () => resolve('go');
      this.#waiting.push(mine);
    });
    const outcome = await Promise.race([called, late]);
    if (outcome === 'late') {
      const place = this.#waiting.indexOf(mine as () => void);
      // Called at the very moment that it gave up: the turn goes to the next one.
      if (place < 0) this.#giveBack();
      else this.#waiting.splice(place, 1);
    }
    return outcome;
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

function relayOf(mail: MailSettings, { deadlineMs, secureContext }: NotificationSettings) {
  return createTransport({
    pool: true,
    host: mail.host,
    port: mail.port,
    secure: mail.secure,
    requireTLS: !mail.secure && !mail.plaintext,
    ...(mail.credentials && { auth: mail.credentials }),
    ...(secureContext && { tls: { secureContext } }),
    maxConnections: MAX_CONNECTIONS,
    // Tried again by us, under the same id, and not behind our back.
    maxRequeues: 0,
    connectionTimeout: deadlineMs,
    greetingTimeout: deadlineMs,
    socketTimeout: deadlineMs,
    dnsTimeout: deadlineMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

const WORDS: Readonly<Record<string, string>> = {
  EAUTH: 'smtp-login-refused',
  ETLS: 'tls-failed',
  EDNS: 'name-not-resolved',
  ETIMEDOUT: 'timeout',
  ECONNECTION: 'connection-failed',
  ESOCKET: 'connection-failed',
};

function refusalOf(error: SmtpError, startedAt: number): Refusal {
  const { rejectedErrors = [] } = error;
  const all = rejectedErrors.length > 0 ? rejectedErrors : [error];
  // One that is to be tried again is enough for another attempt.
  const worst = all.find((each) => !isFinal(each)) ?? error;
  const { responseCode: status, response } = worst;
  const why = wordOf(worst);
  return refusal(why, { startedAt, status, final: all.every(isFinal), response });
}

function wordOf({ code = '', message = '', responseCode }: SmtpError): string {
  if (code === 'EAUTH' || code === 'ETLS') return WORDS[code] ?? code;
  if (responseCode !== undefined) return `smtp-${responseCode}`;
  // nodemailer has put its own code over that of Node's.
  if (code === 'ESOCKET' && /certificate|altnames|\b(?:SSL|TLS)\b/i.test(message)) return 'tls-failed';
  return WORDS[code] ?? 'connection-failed';
}

/**
 * 4xx is for now, 5xx for good (RFC 5321, 4.2.1), where it is about the recipient or the message. What a relay says of us, our login or
 * our sender's address, is for the operator to mend, and then the message goes through.
 */
function isFinal({ command = '', responseCode = 0 }: SmtpError): boolean {
  return responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA');
}

function refusal(
  why: string,
  {
    startedAt,
    status,
    final = false,
    response = '',
  }: {
    startedAt: number;
    status?: number | undefined;
    final?: boolean | undefined;
    response?: string | undefined;
  },
): Refusal {
  return { outcome: 'refused', why, status, final, ...said(startedAt, response) };
}

function said(startedAt: number, response: string): { durationMs: number; beginning: Buffer } {
  return {
    durationMs: Math.round(performance.now() - startedAt),
    beginning: Buffer.from(response).subarray(0, BEGINNING_BYTES),
  };
}
