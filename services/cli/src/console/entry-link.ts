import type { Api } from '../api/client.js';

export interface Whom {
  readonly role: 'admin' | 'manager' | 'partner' | 'auditor';
  readonly partner?: string | undefined;
}

interface Key {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly partner: string | null;
  readonly madeBy: string | null;
  readonly revokedAt: string | null;
}

export interface EntryLink {
  /** From the root: `/console#/enter/fll_…` */
  readonly path: string;
  readonly endsAt: string;
}

/**
 * A link that opens the console once: in the name of the key that asks, or of one for somebody else. That one is made where the key that asks has made
 * none yet (of another's it may make no link), and serves for every later link, so that withdrawing it ends all of them.
 */
export async function entryLink(api: Api, whom?: Whom): Promise<EntryLink> {
  const keyId = whom && (await keyFor(api, whom));
  return api.call<EntryLink>({ method: 'POST', path: '/console/links', body: json({ keyId }) });
}

async function keyFor(api: Api, { role, partner }: Whom): Promise<string> {
  const name = ['console', role, partner ?? []].flat().join(' ');
  const [{ keyId }, keys] = await Promise.all([
    api.call<{ keyId: string }>({ method: 'GET', path: '/console/session' }),
    api.list<Key>('/v1/keys', 'keys'),
  ]);
  const known = keys.find(
    (key) =>
      key.name === name &&
      key.role === role &&
      (key.partner ?? undefined) === partner &&
      key.madeBy === keyId &&
      key.revokedAt === null,
  );
  if (known) return known.id;
  const made = await api.call<{ id: string }>({
    method: 'POST',
    path: '/v1/keys',
    body: json({ name, role, partner }),
  });
  return made.id;
}

function json(body: object): { type: string; text: string } {
  return { type: 'application/json', text: JSON.stringify(body) };
}
