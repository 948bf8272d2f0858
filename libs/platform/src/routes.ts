import { type INestApplication, RequestMethod } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { accessOf } from './access/access.guard.js';
import type { Access } from './access/decorators.js';
import { type BodyClass, bodyClassOf } from './http/body-class.js';
import { type Accepted, acceptedOf } from './http/accepts.js';

export interface Route {
  readonly method: string;
  /** As registered: `/v1/leads/:leadId`. */
  readonly path: string;
  /** Undefined for a route that nobody has decided about, which stops the start. */
  readonly access: Access | undefined;
  /** `KeysController.create` */
  readonly handler: string;
  /** What its body is checked against, where a class says that. */
  readonly body: BodyClass | undefined;
  readonly accepted: Accepted;
}

/** Every route of the application's controllers, ordered by path and method. */
export function listRoutes(app: INestApplication): Route[] {
  const scanner = new MetadataScanner();
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  const routes = controllers.flatMap(({ metatype }) => {
    if (typeof metatype !== 'function') return [];
    const prototype = metatype.prototype as Record<string, object>;
    return scanner.getAllMethodNames(prototype).flatMap((name) => routesOf(metatype, prototype[name] as object, name));
  });
  return routes.sort((left, right) => compare(`${left.path} ${left.method}`, `${right.path} ${right.method}`));
}

function routesOf(controller: object & { name?: string }, handler: object, name: string): Route[] {
  const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
  if (method === undefined) return [];
  const access = accessOf(controller, handler);
  const prefixes = paths(Reflect.getMetadata('path', controller));
  return prefixes.flatMap((prefix) =>
    paths(Reflect.getMetadata('path', handler)).map((path) => ({
      method: RequestMethod[method],
      path: `/${prefix}/${path}`.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'),
      access,
      handler: `${controller.name ?? 'anonymous'}.${name}`,
      body: bodyClassOf(controller, name),
      accepted: acceptedOf(handler),
    })),
  );
}

function paths(metadata: unknown): string[] {
  return [metadata ?? ''].flat() as string[];
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Access is denied by omission only if omission is noticed: a controller's route without @Allow or @Public, or a route
 * that was put into Fastify directly, where the guard never runs, stops the start.
 */
export function refuseUndecidedRoutes(
  routes: readonly Route[],
  served: readonly { method: string; path: string }[],
): void {
  const undecided = routes.filter(({ access }) => access === undefined);
  const known = new Set(
    routes.flatMap(({ method, path }) => [`${method} ${path}`, ...(method === 'GET' ? [`HEAD ${path}`] : [])]),
  );
  const unguarded = served.map(({ method, path }) => `${method} ${path}`).filter((each) => !known.has(each));
  const complaints = [
    ...undecided.map(({ method, path, handler }) => `${method} ${path} (${handler}) has neither @Allow nor @Public`),
    ...unguarded.map((each) => `${each} is not the route of a controller, so no guard runs for it`),
  ];
  if (complaints.length > 0) throw new Error(`Not started, because access is undecided:\n  ${complaints.join('\n  ')}`);
}
