import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import { kindOf } from './api-key.js';
import { Callers } from './callers.js';
import { type Access, ACCESS, type Caller, type RequestVerifier, VERIFIER } from './decorators.js';
import { CSRF_HEADER, isForged, sessionOf } from './session-cookie.js';

/** Longer than any key; a larger header is not worth hashing. */
const MAX_KEY_LENGTH = 512;

/**
 * The one place where access is decided: a global guard, which runs for the handler that the router has chosen. A check
 * by path (a middleware) would see `/%61dmin` or `//admin` where the router sees `/admin`. A browser shows its session instead of a key,
 * and has then exactly what the key has that the session was begun with.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly callers: Callers,
    private readonly modules: ModuleRef,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = accessOf(context.getClass(), context.getHandler());
    if (access === 'public') return true;

    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (access === 'signed') return this.verify(request, verifierOf(context.getClass(), context.getHandler()));
    const key = secretOf(request);
    const recalled = this.callers.recall(key);
    if (recalled) return admit(request, recalled, access);
    return this.identify(request, key).then((caller) => admit(request, caller, access));
  }

  private async verify(request: FastifyRequest, verifier: Type<RequestVerifier>): Promise<boolean> {
    const proof = await this.modules.get<RequestVerifier>(verifier, { strict: false }).verify(request);
    if (proof.by === 'signature') return true;
    const key = bearerKey(request.headers.authorization);
    const caller = this.callers.recall(key) ?? (await this.identify(request, key));
    // Any other key is as good as none: to another source, this one looks like one that does not exist.
    if (caller.role !== 'source' || caller.sourceId !== proof.sourceId) throw unverified();
    request.caller = caller;
    return true;
  }

  private async identify(request: FastifyRequest, key: string): Promise<Caller> {
    const found = await this.callers.identify(key, request.ip);
    if (!found) throw invalidKey();
    if ('retryAfterMs' in found)
      throw new Problem(429, {
        type: 'too-many-failures',
        detail: 'Too many requests with wrong keys came from this address.',
        retryAfterSeconds: found.retryAfterMs / 1000,
      });
    return found;
  }
}

/** What a handler's own decorator says, or else its controller's. */
export function accessOf(controller: object, handler: object): Access | undefined {
  return (Reflect.getMetadata(ACCESS, handler) ?? Reflect.getMetadata(ACCESS, controller)) as Access | undefined;
}

/** On a controller or handler with @Signed() it is always there. */
function verifierOf(controller: object, handler: object): Type<RequestVerifier> {
  return (Reflect.getMetadata(VERIFIER, handler) ?? Reflect.getMetadata(VERIFIER, controller)) as Type<RequestVerifier>;
}

/** 401 that is the same for whatever is wrong: a source that is not there, one without a secret, a signature that does not hold. */
export function unverified(): Problem {
  return unauthorized('Nothing proves where this comes from.', 'Bearer realm="fairlead"');
}

/** 401 for a key that is not valid, or not any more. */
export function invalidKey(): Problem {
  return unauthorized('The key is not valid.', 'Bearer realm="fairlead", error="invalid_token"');
}

function admit(request: FastifyRequest, caller: Caller, access: readonly string[] | undefined): true {
  // A route without a decorator stops the start; should one get past that, it is closed.
  if (!access?.includes(caller.role))
    throw new Problem(403, { type: 'forbidden', detail: 'This key has no access here.' });
  request.caller = caller;
  return true;
}

/**
 * The key that is shown, or else the session of the browser that asks.
 * @throws Problem where there is neither, or a session whose token is missing
 */
export function secretOf(request: FastifyRequest): string {
  const { authorization } = request.headers;
  const session = authorization === undefined ? sessionOf(request) : undefined;
  if (session === undefined) return bearerKey(authorization);
  if (isForged(request, session))
    throw new Problem(403, {
      type: 'csrf-token-needed',
      detail: `Whoever changes something by a session has to send the session's token as ${CSRF_HEADER}.`,
    });
  return session;
}

function bearerKey(header: string | undefined): string {
  if (header === undefined)
    throw unauthorized('A key is needed: Authorization: Bearer <key>.', 'Bearer realm="fairlead"');
  const key = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  // A session is a browser's and comes as its cookie, never in a header that a script could have written.
  if (key === undefined || key.length > MAX_KEY_LENGTH || kindOf(key) !== 'key')
    throw unauthorized(
      'The header has to read: Authorization: Bearer <key>.',
      'Bearer realm="fairlead", error="invalid_request"',
    );
  return key;
}

function unauthorized(detail: string, challenge: string): Problem {
  return new Problem(401, { type: 'unauthorized', detail, headers: { 'www-authenticate': challenge } });
}
