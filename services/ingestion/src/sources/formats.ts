import { cloudevents } from './cloudevents.js';
import { googleAds } from './google-ads.js';
import { hubspot } from './hubspot.js';
import { json } from './json.js';
import { linkedin } from './linkedin.js';
import { marketo } from './marketo.js';
import { mautic } from './mautic.js';
import { meta } from './meta.js';
import { salesforce } from './salesforce.js';
import type { SourceFormat } from './source-format.js';
import { typeform } from './typeform.js';

/** Every way in which a source may send. `undefined`: it sends to POST /v1/leads only. */
const registry = {
  json,
  ndjson: json,
  csv: undefined,
  cloudevents,
  hubspot,
  mautic,
  marketo,
  'google-ads': googleAds,
  meta,
  linkedin,
  typeform,
  salesforce,
} as const satisfies Record<string, SourceFormat | undefined>;

export type Format = keyof typeof registry;
export const formats = Object.keys(registry) as [Format, ...Format[]];

export function formatOf(name: Format): SourceFormat | undefined {
  return registry[name];
}
