import type { Format } from '../sources/formats.js';
import { tellGoogleAds } from './tell-google-ads.js';
import { tellHubspot } from './tell-hubspot.js';
import { tellLinkedin } from './tell-linkedin.js';
import { tellMarketo } from './tell-marketo.js';
import { tellMautic } from './tell-mautic.js';
import { tellMeta } from './tell-meta.js';
import { tellSalesforce } from './tell-salesforce.js';
import type { Telling } from './telling.js';

/** Tools that can be told what became of their leads. */
const tools: Partial<Record<Format, Telling>> = {
  'google-ads': tellGoogleAds,
  hubspot: tellHubspot,
  linkedin: tellLinkedin,
  marketo: tellMarketo,
  mautic: tellMautic,
  meta: tellMeta,
  salesforce: tellSalesforce,
};

export function tellingOf(format: Format): Telling | undefined {
  return tools[format];
}
