import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

export const roles = ['admin', 'manager', 'source', 'partner', 'auditor'] as const;
export type Role = (typeof roles)[number];

/** Who is asking. A source's key speaks for one source, a partner's for one partner; the others for the vendor. */
export interface Caller {
  readonly role: Role;
  /** Names the key, not its secret: fit for logs and for the `actor` of an event. */
  readonly keyId: string;
  readonly sourceId?: string;
  readonly partnerId?: string;
  /** In a session that was not opened with the key itself: the key of whoever made the link to it. */
  readonly openedBy?: string;
}

/** The keys that are in what a caller does: of whoever has one of them, nobody knows that it was somebody else. */
export function handsOf({ keyId, openedBy }: Pick<Caller, 'keyId' | 'openedBy'>): readonly string[] {
  return openedBy === undefined ? [keyId] : [keyId, openedBy];
}

export const ACCESS = 'fairlead:access';
export type Access = 'public' | 'signed' | readonly Role[];

export const VERIFIER = 'fairlead:verifier';

/** By what a request proves where it comes from: by a signature that holds, or else by the own key of this source. */
export type Proof = { readonly by: 'signature' } | { readonly by: 'key'; readonly sourceId: string };

/** Verifies requests of senders that have no key of ours. */
export interface RequestVerifier {
  /** @throws Problem 401 when nothing proves it */
  verify(request: FastifyRequest): Promise<Proof>;
}

/** The roles that may call this route, or every route of this controller. Roles do not include one another. */
export const Allow = (...allowed: readonly [Role, ...Role[]]) => SetMetadata(ACCESS, allowed);

/** Anybody may call this route, without a key. */
export const Public = () => SetMetadata(ACCESS, 'public' satisfies Access);

/**
 * Whoever can prove where the request comes from may call this route: by its sender's signature, or with a source's own key,
 * as the verifier says. The guard asks it, after the body has come in and before the handler runs.
 */
export const Signed = (by: Type<RequestVerifier>) =>
  applyDecorators(SetMetadata(ACCESS, 'signed' satisfies Access), SetMetadata(VERIFIER, by));

/** The caller, as a parameter of a handler. Not to be used on public routes, where there is none. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!caller) throw new Error('@CurrentCaller() on a route that anybody may call');
  return caller;
});
