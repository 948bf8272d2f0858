import { Id } from '../document/shapes.js';

/** The party that is not a partner: the vendor's own sales people. No partner may have this id. */
export const DIRECT = 'direct';

export function isPartnerId(id: string): boolean {
  return id !== DIRECT && new RegExp(Id.pattern ?? '').test(id);
}
