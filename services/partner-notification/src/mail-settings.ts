import { readFileSync } from 'node:fs';
import type { Environment } from '@fairlead/platform';

/** An address as SMTP takes it without quoting: nothing in it could end a header or begin another. */
export const EMAIL_ADDRESS =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;
export const MAX_EMAIL_LENGTH = 254;

/** The relay through which e-mails leave. */
export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte on. */
  readonly secure: boolean;
  /** Sent without TLS, too, where the relay offers none. */
  readonly plaintext: boolean;
  readonly credentials: { readonly user: string; readonly pass: string } | undefined;
  readonly from: string;
}

export function readMail(environment: Environment): MailSettings | undefined {
  const text = environment.optionalUrl('FAIRLEAD_SMTP_URL', { protocols: ['smtp', 'smtps'] });
  const from = environment.optionalText('FAIRLEAD_MAIL_FROM', {
    pattern: EMAIL_ADDRESS,
    shape: 'an address such as leads@vendor.example',
  });
  const plaintext = environment.flag('FAIRLEAD_SMTP_PLAINTEXT', { default: false });
  const credentials = readCredentials(environment);
  if (text === undefined && from === undefined) return undefined;
  if (text === undefined) environment.refuse('FAIRLEAD_SMTP_URL', 'is needed where FAIRLEAD_MAIL_FROM is set');
  if (from === undefined) environment.refuse('FAIRLEAD_MAIL_FROM', 'is needed where FAIRLEAD_SMTP_URL is set');
  if (text === undefined || from === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  // An address stands in process lists and in messages about settings.
  if (url.username !== '' || url.password !== '')
    environment.refuse('FAIRLEAD_SMTP_URL', 'must not contain a password: FAIRLEAD_SMTP_CREDENTIALS_FILE is for that');
  const secure = url.protocol === 'smtps:';
  const port = url.port === '' ? (secure ? 465 : 587) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, secure, plaintext, credentials, from };
}

function readCredentials(environment: Environment): MailSettings['credentials'] {
  const name = 'FAIRLEAD_SMTP_CREDENTIALS_FILE';
  const file = environment.optionalText(name);
  if (file === undefined) return undefined;
  try {
    const [, user, pass] = /^([^:\s]+):(\S+)$/.exec(readFileSync(file, 'utf8').trim()) ?? [];
    if (user !== undefined && pass !== undefined) return { user, pass };
    environment.refuse(name, 'must name a file with user:password');
  } catch {
    environment.refuse(name, 'names a file that cannot be read');
  }
  return undefined;
}
