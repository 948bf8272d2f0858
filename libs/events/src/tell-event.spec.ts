import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tellEvent, type ToldEvent } from './tell-event.js';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const golden = (file: string) => {
  const { event = undefined, ...rest } = JSON.parse(readFileSync(fixtures + file, 'utf8')) as { event?: ToldEvent };
  return event ?? (rest as ToldEvent);
};

describe('an event in words', () => {
  const said = (type: string, data: object) => tellEvent({ type, source: '/routing', time: '', data: data as never });

  it('says who did what, and why', () => {
    const decided = { policy: { name: 'emea', version: 3 }, pool: 'smb', poolSeq: 17 };
    const acceptBy = Date.UTC(2026, 0, 15, 12);
    expect(said('lead.routed', { to: 'acme', offer: 2, why: 'declined', acceptBy, decided })).toEqual({
      who: 'routing',
      what: 'offer 2 to acme, to accept by 2026-01-15 12:00 UTC',
      why: 'the one before declined; policy emea@3, decision smb/17',
    });
    expect(said('lead.declined', { party: 'acme', offer: 1, reason: 'geo-mismatch' })).toEqual({
      who: 'acme',
      what: 'declined offer 1',
      why: 'geo mismatch',
    });
    expect(said('lead.overridden', { to: 'bolt', actor: 'key-7', reason: 'knows them', policyWould: null })).toEqual({
      who: 'key-7',
      what: 'given to bolt by a person',
      why: 'knows them; the policy would have chosen nobody',
    });
    const redriven = { consumer: 'scoring', eventId: 'e', actor: 'key-7' };
    expect(said('event.redriven', { ...redriven, reason: 'the re-import is done' })).toEqual({
      who: 'key-7',
      what: 'had what scoring had put aside processed again',
      why: 'the re-import is done',
    });
    expect(said('event.redriven', redriven)).toMatchObject({ why: '' });
    expect(said('event.parked', { consumer: 'scoring', eventType: 'lead.held', errorClass: 'Error:a-b' })).toEqual({
      who: 'scoring',
      what: 'could not process lead.held, and put it aside',
      why: 'Error:a-b',
    });
    const contributions = [
      { factor: 'a', points: 5, reason: 'five' },
      { factor: 'b', points: -30, reason: 'too much' },
      { factor: 'not-qualified', points: 0, reason: 'a student' },
    ];
    const model = { name: 'm', version: 2 };
    expect(said('lead.scored', { state: 'not-qualified', grade: null, score: 12, model, contributions })).toMatchObject(
      {
        what: 'not qualified, 12 points by model m@2',
        why: 'a student; too much (-30); five (+5)',
      },
    );
    expect(said('lead.won', { party: 'acme', offer: 1, amount: { value: 12_500, currency: 'EUR' } })).toMatchObject({
      what: 'won, 12,500 EUR',
    });
    const at = Date.UTC(2026, 0, 15, 12);
    const was = { type: 'won', at, amount: { value: 1_250, currency: 'EUR' } };
    expect(
      said('lead.amended', { party: 'acme', offer: 1, was, is: { type: 'lost', at, reason: 'no-budget' } }),
    ).toEqual({
      who: 'acme',
      what: 'corrects: not won, 1,250 EUR (2026-01-15 12:00 UTC), but lost, no budget (2026-01-15 12:00 UTC)',
      why: '',
    });
    expect(said('lead.amended', { party: 'acme', offer: 1, was })).toMatchObject({
      what: 'takes back: won, 1,250 EUR (2026-01-15 12:00 UTC)',
    });
    expect(said('lead.recycled', { party: 'acme', offer: 1, reason: 'new-number', at, actor: 'jane' })).toEqual({
      who: 'jane',
      what: 'offered again, not to acme',
      why: 'new number',
    });
    const reminded = { party: 'acme', offer: 1, at };
    expect([
      said('lead.reminded', { ...reminded, what: 'offer-ends', number: 1, acceptBy: at }).why,
      said('lead.reminded', { ...reminded, what: 'no-word', number: 2, silentSince: at }),
    ]).toMatchObject([
      'offer 1 is to be accepted by 2026-01-15 12:00 UTC',
      { what: 'reminded acme, reminder 2', why: 'no word since 2026-01-15 12:00 UTC' },
    ]);
  });

  it('of every event that a lead can have is told without a gap, in every version', () => {
    const files = globSync('{lead,partner}.*.json', { cwd: fixtures });
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const { who, what, why } = tellEvent(golden(file));
      expect({ file, told: `${who} ${what} ${why}` }).toEqual({
        file,
        told: expect.not.stringMatching(/undefined|\?|@ |@$| {2}\S|null/) as string,
      });
      expect([who, what]).not.toContain('');
    }
  });

  it('of a type to come is told by its type', () => {
    expect(said('lead.sold', { actor: 'key-1' })).toEqual({ who: 'key-1', what: 'lead.sold', why: '' });
  });
});
