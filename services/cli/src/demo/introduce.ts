import { type Api, Refused } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import type { CampaignFolder } from './campaign-folder.js';
import { namedAccounts, namedAccountsList, parties, partners, policy, sources } from './vendor.js';

const endpointId = 'sample-campaign';
const nowhere = 'http://127.0.0.1:9/';

/** Publishes the vendor's policy and its partners. Doing it again changes nothing. */
export async function introduceVendor(api: Api): Promise<void> {
  for (const { id } of sources) await put(api, `/v1/sources/${id}`, { format: 'json' });
  for (const { id, name, tier, territories, products } of partners) {
    await put(api, `/v1/partners/${id}`, { name, tier, territories, ...(products && { products }) });
  }
  await put(api, `/v1/named-accounts/${namedAccountsList}`, namedAccounts);
  await put(api, `/v1/policies/${policy.name}`, policy);
  await api.call({ method: 'POST', path: `/v1/policies/${policy.name}/activate` });
}

/** A key for each party, direct included. Those of the last campaign serve again, as long as they are valid. */
export async function handOutKeys(
  api: Api,
  folder: CampaignFolder,
  isValid: (key: string) => Promise<boolean>,
): Promise<ReadonlyMap<string, string>> {
  const remembered = folder.recall();
  const keys: Record<string, string> = {};
  for (const { id } of parties) {
    const known = remembered.keys[id];
    keys[id] = known !== undefined && (await isValid(known)) ? known : await makeKey(api, id);
  }
  folder.keep({ ...remembered, keys });
  return new Map(Object.entries(keys));
}

async function makeKey(api: Api, partner: string): Promise<string> {
  const { key } = await api.call<{ key: string }>({
    method: 'POST',
    path: '/v1/keys',
    body: json({ name: `sample campaign: ${partner}`, role: 'partner', partner }),
  });
  return key;
}

export interface Webhooks {
  /** The secret that signs each party's webhooks. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Where each party's webhooks went before this campaign, if anywhere. */
  readonly before: ReadonlyMap<string, string>;
}

/**
 * Makes an endpoint for each party, or finds the one of an earlier campaign. A secret is shown when an endpoint is made and
 * never again, so one that was forgotten is replaced.
 */
export async function agreeOnSecrets(api: Api, folder: CampaignFolder): Promise<Webhooks> {
  const remembered = folder.recall();
  const secrets: Record<string, string> = {};
  const before = new Map<string, string>();
  for (const { id } of parties) {
    const url = await urlOf(api, id);
    if (url !== undefined) before.set(id, url);
    // Until the receivers run, a new endpoint points to where nobody listens.
    const made = url === undefined ? await putEndpoint(api, id, nowhere) : undefined;
    secrets[id] = made ?? remembered.secrets[id] ?? (await rotateSecret(api, id));
  }
  folder.keep({ ...folder.recall(), secrets });
  return { secrets: new Map(Object.entries(secrets)), before };
}

/** Tells the system where each party's webhooks go from now on. */
export async function connectWebhooks(api: Api, urlFor: (party: string) => string | undefined): Promise<void> {
  for (const { id } of parties) {
    const url = urlFor(id);
    if (url !== undefined) await putEndpoint(api, id, url);
  }
}

async function urlOf(api: Api, party: string): Promise<string | undefined> {
  try {
    return (await api.call<{ url: string }>({ method: 'GET', path: endpointPath(party) })).url;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}

async function putEndpoint(api: Api, party: string, url: string): Promise<string | undefined> {
  try {
    const path = endpointPath(party);
    const body = json({ url, events: ['lead.routed'] });
    return (await api.call<{ secret?: string }>({ method: 'PUT', path, body })).secret;
  } catch (error) {
    if (!(error instanceof Refused && error.status === 400)) throw error;
    throw new CommandFailed(
      'The system refuses to send webhooks to this machine, where the sample partners listen. Start it with ' +
        '`fairlead start --demo`, or with FAIRLEAD_WEBHOOK_ALLOW=127.0.0.0/8.',
    );
  }
}

async function rotateSecret(api: Api, party: string): Promise<string> {
  const path = `${endpointPath(party)}/rotate-secret`;
  return (await api.call<{ secret: string }>({ method: 'POST', path })).secret;
}

function endpointPath(party: string): string {
  return `/v1/partners/${party}/endpoints/${endpointId}`;
}

async function put(api: Api, path: string, document: unknown): Promise<void> {
  await api.call({ method: 'PUT', path, body: json(document) });
}

export function json(value: unknown): { type: string; text: string } {
  return { type: 'application/json', text: JSON.stringify(value) };
}
