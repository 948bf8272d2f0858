import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { getMetadataStorage } from 'class-validator';

/** A class that says by its decorators what a body has to be. */
export type BodyClass = new () => object;

/** One decorator of class-validator at one field. */
export interface Rule {
  readonly name?: string | undefined;
  readonly type: string;
  readonly propertyName: string;
  readonly constraints?: readonly unknown[] | undefined;
  readonly each: boolean;
}

/** The parameter of a handler that is its body, in the words of Nest's RouteParamtypes. */
const BODY = '3:';

/** The class that the body of a handler is checked against; undefined where it checks the body itself, or takes none. */
export function bodyClassOf(controller: object, handler: string): BodyClass | undefined {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) as object | undefined;
  const place = Object.keys(parameters ?? {}).find((key) => key.startsWith(BODY));
  if (place === undefined) return undefined;
  const types = Reflect.getMetadata('design:paramtypes', prototypeOf(controller), handler) as unknown[] | undefined;
  const type = types?.[Number(place.slice(BODY.length))];
  return isChecked(type) ? type : undefined;
}

/** The class that a field of this class is checked against, where it is an object with fields of its own. */
export function nestedClassOf(type: BodyClass, field: string): BodyClass | undefined {
  const nested: unknown = Reflect.getMetadata('design:type', type.prototype as object, field);
  return isChecked(nested) ? nested : undefined;
}

/** What class-validator checks of its fields. */
export function rulesOf(type: BodyClass): Rule[] {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
}

function isChecked(type: unknown): type is BodyClass {
  return typeof type === 'function' && rulesOf(type as BodyClass).length > 0;
}

function prototypeOf(controller: object): object {
  return (controller as { prototype: object }).prototype;
}
