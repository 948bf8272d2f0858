import { type FairleadEvent, LeadRouted } from '@fairlead/events';
import fc from 'fast-check';
import { madeEntries } from '../../test/fixture/made-log.js';
import { readEvent } from './read-event.js';
import { between, type Skim, skimEvent, upTo, withRest } from './skim-event.js';

const skim: Skim = new Map([
  ['lead.scored', withRest(between('model', 'sourceId'), 'consentGiven')],
  ['lead.routed', upTo('considered')],
]);
const skimmed = (entry: Buffer) => skimEvent(entry, entry.toString('utf8'), skim);
const whole = ['source', 'specversion', 'datacontenttype', 'dataschema', 'partitionkey'] as const;
/** Whether all of it was read. */
const isWhole = (event: FairleadEvent) => whole.every((key) => key in event);

describe('an event of which a part is read', () => {
  const entries = madeEntries(20);
  const routed = entries.find((entry) => String(entry).includes('"type":"lead.routed"')) as Buffer;
  const changed = (from: string | RegExp, to: string) => Buffer.from(String(routed).replace(from, to));

  it('has in that part what the event has', () => {
    for (const entry of entries) {
      const event = readEvent(entry);
      const part = skimmed(entry);
      const { id, type, subject, time, data } = event;
      if (isWhole(part)) expect(part).toEqual(event);
      else expect({ ...part, data: undefined }).toEqual({ id, type, subject, time, data: undefined });
      expect(data).toMatchObject(part.data as object);
      expect(isWhole(part)).toBe(!skim.has(type));
    }
  });

  it('begins and ends where it is told to', () => {
    const scored = entries.find((entry) => String(entry).includes('"type":"lead.scored"')) as Buffer;
    expect(Object.keys(skimmed(scored).data as object)).toEqual([
      ...['model', 'engine', 'now', 'consentGiven', 'consent', 'receivedAt', 'cause'],
    ]);
    expect(skimmed(routed).data).not.toHaveProperty('considered');
    expect(skimmed(routed).data).toHaveProperty('decided');
  });

  it.each([
    ['white space in the envelope', '"id":"', '"id": "'],
    ['another order', /("source":"[^"]*"),("type":"[^"]*")/, '$2,$1'],
    ['an escaped character in the envelope', '"source":"/routing"', String.raw`"source":"\u002frouting"`],
    ['an escaped character in the subject', '"subject":"', String.raw`"subject":"\\`],
    ['an attribute that somebody added', ',"data":', ',"added":"on the way","data":'],
    ['no list of whom was considered', /,"considered":.*\}$/, '}}'],
    ['another attribute after the data', /\}$/, ',"added":"on the way"}'],
  ])('is read whole, and right, when it has %s', (_, from, to) => {
    const entry = changed(from, to);
    const { id, type, subject, data } = readEvent(entry);
    expect(skimmed(entry)).toMatchObject({ id, type, subject });
    expect(data).toMatchObject(skimmed(entry).data as object);
  });

  it('in an older version is the newest', () => {
    const older = changed(LeadRouted.dataschema, 'urn:fairlead:lead.routed:9');
    expect(() => skimmed(older)).toThrow('versions up to');
  });

  it('is what the event says, whatever stands in it', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 20 });
    fc.assert(
      fc.property(word, fc.dictionary(word, word, { maxKeys: 4 }), (subject, more) => {
        const event = JSON.parse(String(routed)) as { subject: string; data: { decided: object } };
        event.subject = subject;
        Object.assign(event.data.decided, { more });
        const entry = Buffer.from(JSON.stringify(event));
        const read = readEvent(entry);
        expect(skimmed(entry)).toMatchObject({ id: read.id, subject: read.subject, type: read.type });
        expect(skimmed(entry).data).toHaveProperty('decided', (read.data as typeof event.data).decided);
      }),
    );
  });
});
