import { type Static, Type } from '@sinclair/typebox';
import { documentReader, type Reading } from '../document/read-document.js';
import { closed, Country, Id, listOf, oneOf, Region, Word } from '../document/shapes.js';
import { unknownPlaces } from './places.js';
import { Weight } from './policy.js';

const Cap = Type.Integer({ minimum: 0, maximum: 1_000_000 });

/**
 * A partner, as the vendor's channel manager keeps it. A list that is absent or empty limits nothing: it serves every
 * territory, carries every product. `caps` hold over all pools together; 0 means none.
 */
export const PartnerDocument = closed({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  tier: Id,
  /** Its own weight, instead of its tier's. */
  weight: Type.Optional(Weight),
  status: Type.Optional(oneOf('active', 'paused')),
  territories: Type.Optional(
    listOf(Type.String({ pattern: `${Country.pattern}|${Region.pattern}`, description: territory() })),
  ),
  products: Type.Optional(listOf(Word)),
  certifications: Type.Optional(listOf(Word)),
  caps: Type.Optional(
    closed({
      /** Offers in one UTC day, whatever becomes of them. */
      perDay: Type.Optional(Cap),
      /** Offers that wait for an answer, and leads in work: until an opportunity, or won, lost, returned. */
      open: Type.Optional(Cap),
    }),
  ),
});
export type PartnerDocument = Static<typeof PartnerDocument>;

function territory(): string {
  return 'an ISO 3166-1 or 3166-2 code such as DE or DE-BY';
}

export const readPartner: (source: unknown) => Reading<PartnerDocument> = documentReader<PartnerDocument>(
  PartnerDocument,
  ({ territories }, report) => {
    for (const { path, detail } of unknownPlaces(territories, ['territories'])) report(path, detail);
  },
);
