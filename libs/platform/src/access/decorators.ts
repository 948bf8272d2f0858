import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
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
}

export const ACCESS = 'fairlead:access';
export type Access = 'public' | readonly Role[];

/** The roles that may call this route, or every route of this controller. Roles do not include one another. */
export const Allow = (...allowed: readonly [Role, ...Role[]]) => SetMetadata(ACCESS, allowed);

/** Anybody may call this route, without a key. */
export const Public = () => SetMetadata(ACCESS, 'public' satisfies Access);

/** The caller, as a parameter of a handler. Not to be used on public routes, where there is none. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!caller) throw new Error('@CurrentCaller() on a route that anybody may call');
  return caller;
});
