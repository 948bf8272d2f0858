import type { FairleadEvent, LeadConsentChanged, LeadMerged } from '@fairlead/events';
import { type Answer, eventually, type Intake, startIntake } from './fixture/intake.js';

describe('the consent of a person, with real servers', () => {
  let intake: Intake;
  let websiteKey: string;
  beforeAll(async () => {
    intake = await startIntake();
    await intake.source('website');
    websiteKey = await intake.keyOf('source', { source: 'website' });
    await intake.source('fair');
  });
  afterAll(() => intake.end());

  let people = 0;
  const person = () => `agrees.${++people}@company-${people}.example`;
  const sent = async (lead: Record<string, unknown>) => {
    const { body } = await intake.call('/v1/leads?source=website', { json: { country: 'DE', ...lead } });
    return body.results?.[0]?.id ?? '';
  };
  const patch = (id: string, json: unknown, key?: string): Promise<Answer> =>
    intake.call(`/v1/leads/${id}`, { method: 'PATCH', json, ...(key !== undefined && { key }) });

  it('is changed by itself of a lead that goes its way already, with its proof, and told with all that is known', async () => {
    const id = await sent({ email: person(), consent: { given: true, at: '2026-01-01', text: 'Call me' } });
    const answer = await patch(id, { consent: { given: false, text: 'Call me no more' } }, websiteKey);
    expect(answer).toMatchObject({ status: 200, body: { id, status: 'changed', missing: [] } });
    const [, changed] = (await intake.said([id], 2)) as [FairleadEvent, LeadConsentChanged];
    expect(changed).toMatchObject({
      type: 'lead.consent-changed',
      data: {
        ...{ sourceId: 'website', consent: { given: false, text: 'Call me no more' }, touch: 2, changed: ['consent'] },
        known: { state: 'complete', facts: { country: 'DE' }, consent: { given: false, text: 'Call me no more' } },
      },
    });
    expect(changed.data.actor).not.toBe('');
  });

  it('counts as it was said last: an older word is in the log, and changes nothing', async () => {
    const id = await sent({ email: person(), consent: { given: false, at: '2026-02-01' } });
    await patch(id, { consent: { given: true, at: '2026-01-01' } });
    const [, older] = (await intake.said([id], 2)) as [FairleadEvent, LeadConsentChanged];
    expect(older.data).toMatchObject({ consent: { given: true }, changed: [], known: { consent: { given: false } } });
    await patch(id, { consent: true });
    const [, , newer] = (await intake.said([id], 3)) as LeadConsentChanged[];
    expect(newer?.data).toMatchObject({ changed: ['consent'], known: { consent: { given: true } }, touch: 3 });
  });

  it('is all that can be changed of a lead that is not held, by whoever may', async () => {
    const id = await sent({ email: person() });
    const refusals = await Promise.all([
      patch(id, { consent: true, company: 'Acme' }),
      patch(id, { consent: null }),
      patch(id, { consent: 'perhaps' }),
      patch(id, { consent: { given: true, at: '2199-01-01' } }),
      patch(id, { consent: true }, await intake.keyOf('source', { source: 'fair' })),
      patch('00000000-0000-8000-8000-000000000000', { consent: true }),
    ]);
    expect(refusals.map(({ status, body }) => [status, body.type?.split(/[/:]/).at(-1)])).toEqual([
      [409, 'not-held'],
      [409, 'not-held'],
      [422, 'invalid-input'],
      [422, 'invalid-input'],
      [404, 'not-found'],
      [404, 'not-found'],
    ]);
    expect(await intake.said([id], 1)).toHaveLength(1);
  });

  it('concerns every lead of the person: those that are one with it hear of it, by PATCH and when it is sent again', async () => {
    const [first, second] = [person(), person()];
    const one = await sent({
      email: first,
      phone: '+49 30 901840',
      firstName: 'Ida',
      lastName: 'Quibble',
      consent: true,
    });
    const other = await sent({
      email: second,
      phone: '+49 30 901840',
      firstName: 'Ida',
      lastName: 'Quibble',
      consent: true,
    });
    const proposal = await eventually(async () => {
      const { body } = await intake.call('/v1/proposed-merges?limit=1000');
      const found = (body['proposals'] as { id: string; leads: string[] }[]).find(({ leads }) => leads.includes(one));
      if (!found) throw new Error('not proposed yet');
      return found.id;
    });
    await intake.call(`/v1/proposed-merges/${proposal}/accept`, { json: { reason: 'same-person' } });
    const words = async (count: number) =>
      ((await intake.said([other], count)) as LeadConsentChanged[])
        .filter(({ type }) => type === 'lead.consent-changed')
        .map(({ data }) => [data.consent.given, data.changed]);
    // Sent again, by the address of the lead that is no more.
    await sent({ email: second, consent: false });
    const merged = ((await intake.said([one], 3)) as LeadMerged[]).at(-1);
    expect(merged?.data).toMatchObject({ changed: ['consent'], known: { consent: { given: false } } });
    expect(await words(3)).toEqual([[false, ['consent']]]);
    // By the id of the one that is no more.
    expect(await patch(other, { consent: true })).toMatchObject({ status: 200 });
    expect(await words(4)).toEqual([
      [false, ['consent']],
      [true, ['consent']],
    ]);
    const [last] = ((await intake.said([one], 4)) as LeadConsentChanged[]).slice(-1);
    expect(last).toMatchObject({ type: 'lead.consent-changed', data: { known: { consent: { given: true } } } });
  });
});
