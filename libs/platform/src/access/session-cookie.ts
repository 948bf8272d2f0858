import type { FastifyRequest } from 'fastify';
import { createHmac } from 'node:crypto';
import { kindOf, sameHash } from './api-key.js';

export const SESSION_COOKIE = 'fairlead_session';
export const CSRF_HEADER = 'x-csrf-token';

/** A browser sends it along with whatever it asks of us; no script can read it, and no other site's page makes it be sent. */
export function sessionOf({ headers }: FastifyRequest): string | undefined {
  for (const pair of headers.cookie?.split(';') ?? []) {
    const [name, value = ''] = pair.trim().split('=');
    if (name === SESSION_COOKIE && kindOf(value) === 'session') return value;
  }
  return undefined;
}

/**
 * What a page that may change something has to send beside the cookie: another site's page could make a browser send the one, but can learn the other
 * from nowhere. It follows from the session's secret, so nothing more is kept.
 */
export function csrfTokenOf(session: string): string {
  return createHmac('sha256', session).update('fairlead csrf').digest('base64url');
}

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

export function isForged({ method, headers }: FastifyRequest, session: string): boolean {
  if (SAFE_METHODS.includes(method)) return false;
  const given = headers[CSRF_HEADER];
  return typeof given !== 'string' || !sameHash(Buffer.from(given), Buffer.from(csrfTokenOf(session)));
}

/**
 * `Secure` where the browser came by HTTPS, directly or through a proxy that is trusted; on a LAN without it a browser would
 * throw the cookie away.
 * @param endsAt  null to have it forgotten
 */
export function sessionCookie(request: FastifyRequest, session: string, endsAt: Date | null): string {
  const age = endsAt === null ? 0 : Math.max(0, Math.floor((endsAt.getTime() - Date.now()) / 1000));
  const secure = request.protocol === 'https' ? '; Secure' : '';
  return `${SESSION_COOKIE}=${session}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`;
}
