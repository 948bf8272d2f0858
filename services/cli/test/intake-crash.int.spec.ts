import { randomUUID } from 'node:crypto';
import { MortalServices } from './fixture/mortal-services.js';
import { Receivers } from './fixture/receivers.js';

// The worst moment for a sender: what it sent is stored, and no answer comes. It cannot know, so it sends again.

const PATIENCE_MS = 180_000;

interface Answer {
  readonly results: readonly { readonly index: number; readonly id: string; readonly status: string }[];
}

describe('an intake that dies between the commit and the answer', () => {
  let services: MortalServices;
  let receivers: Receivers;

  beforeAll(async () => {
    [services, receivers] = await Promise.all([MortalServices.start(), new Receivers().listen()]);
    const endpoint = { url: receivers.urlOf('direct'), events: ['lead.routed'] };
    const { secret } = await services.call<{ secret: string }>('PUT', '/v1/partners/direct/endpoints/crm', endpoint);
    receivers.knows('direct', secret);
    await services.call('PUT', '/v1/sources/website', { format: 'json' });
  }, PATIENCE_MS);

  afterAll(async () => {
    await services.stop();
    await receivers.close();
  }, PATIENCE_MS);

  const submit = async (externalIds: readonly string[], idempotencyKey: string): Promise<Answer> => {
    const response = await fetch(`${services.url}/v1/leads`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${services.adminKey}`,
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify(externalIds.map((externalId) => ({ source: 'website', externalId, country: 'DE' }))),
    });
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };

  const toldOf = (ids: readonly string[]): string[] =>
    receivers.deliveries.filter(({ lead }) => ids.includes(lead)).map(({ webhookId }) => webhookId);

  it.each([1, 2])(
    'at hit %i: the same request gets the answer that was lost, and each lead goes its road once',
    async (hit) => {
      const { death } = await services.beginDying(`intake.stored:${hit}`);
      for (let before = 1; before < hit; before += 1) await submit([randomUUID()], randomUUID());
      const externalIds = [randomUUID(), randomUUID(), randomUUID()];
      const key = randomUUID();
      await expect(submit(externalIds, key)).rejects.toThrow('fetch failed');
      await death;
      await services.beginAgain();

      const { results } = await submit(externalIds, key);
      expect(results.map(({ status }) => status)).toEqual(['received', 'received', 'received']);
      const ids = results.map(({ id }) => id);
      // A sender that knows no Idempotency-Key is recognised by its leads.
      const again = await submit(externalIds, randomUUID());
      expect(again.results).toEqual(ids.map((id, index) => ({ index, id, status: 'merged' })));

      for (const until = Date.now() + 60_000; toldOf(ids).length < ids.length && Date.now() < until;)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(new Set(toldOf(ids)).size).toBe(ids.length);
    },
    PATIENCE_MS,
  );
});
