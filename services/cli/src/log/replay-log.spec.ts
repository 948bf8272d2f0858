import { AnswersNoted, encodeEvent, type FairleadEvent, PartnerNotified } from '@fairlead/events';
import { idOf, madeEntries, START } from '../../test/fixture/made-log.js';
import { LogReplay } from './replay-log.js';

const LEADS = 40;

type Decision = FairleadEvent & {
  data: { to?: string; state?: string; score?: number; grade?: string; decided?: { pool: string; poolSeq: number } };
};

function replayed(entries: readonly Buffer[], how = {}) {
  const replay = new LogReplay(how);
  for (const entry of entries) replay.read(entry);
  return replay.end();
}

describe('a replay', () => {
  const entries = madeEntries(LEADS);
  const events = entries.map((entry) => JSON.parse(String(entry)) as Decision);
  const lastOf = (type: string) => events.findLastIndex((event) => event.type === type);
  /** The log as somebody would have it who changed that entry. */
  const changed = (at: number, change: (event: Decision) => void) => {
    const event = structuredClone(events[at] as Decision);
    change(event);
    return entries.with(at, Buffer.from(JSON.stringify(event)));
  };

  it('of what was decided comes to the same, every decision once', () => {
    expect(replayed(entries)).toMatchObject({
      decisions: 2 * LEADS,
      identical: 2 * LEADS,
      different: [],
      undecidable: 0,
    });
  });

  it('leaves it to whoever reads entries whole to find fault with what no decision follows from', () => {
    const notified = encodeEvent(PartnerNotified, {
      ...{ id: idOf('notified'), source: '/partner-notification', subject: idOf('lead 0'), time: START },
      data: {
        ...{ party: 'acme', endpointId: 'crm', deliveryId: idOf('delivery'), eventId: idOf('routed') },
        ...{ eventType: 'lead.routed', attempt: 1, status: 204, durationMs: 3 },
      },
    });
    const spoilt = Buffer.from(String(notified.bytes).replace('"attempt":1', '"attempt":?'));
    const all = [...entries, spoilt];
    expect(() => replayed(all)).toThrow('is not valid JSON');
    expect(replayed(all, { readElsewhere: true })).toEqual(replayed(entries));
  });

  it('finds the one offer that was recorded as somebody else’s', () => {
    const at = lastOf('lead.routed');
    const { subject, data } = events[at] as Decision;
    const result = replayed(changed(at, (event) => (event.data.to = data.to === 'direct' ? 'acme' : 'direct')));
    expect(result).toMatchObject({ decisions: 2 * LEADS, identical: 2 * LEADS - 1, differentCount: 1, undecidable: 0 });
    expect(result.different).toEqual([
      {
        index: at,
        leadId: subject,
        pool: data.decided?.pool,
        poolSeq: data.decided?.poolSeq,
        was: data.to === 'direct' ? 'acme' : 'direct',
        now: data.to,
        cause: 'the same engine decides otherwise: the record was changed, or its inputs were',
      },
    ]);
  });

  it('finds the one score that was recorded higher', () => {
    const at = lastOf('lead.scored');
    const { subject, data } = events[at] as Decision;
    const result = replayed(changed(at, (event) => (event.data.score = 99)));
    expect(result).toMatchObject({ identical: 2 * LEADS - 1, differentCount: 1 });
    const told = (score: number | undefined) => `${data.state}, ${data.grade}, ${score} points`;
    expect(result.different).toMatchObject([{ index: at, leadId: subject, was: told(99), now: told(data.score) }]);
  });

  it('finds what is shown of a decision and decides nothing: to the byte', () => {
    const at = lastOf('lead.routed');
    const spaced = String(entries[at]).replace('"data":{', '"data": {');
    expect(replayed(entries.with(at, Buffer.from(spaced)))).toMatchObject({ differentCount: 1 });
  });

  it('of scores that were told before consent was comes to the same', () => {
    const before = entries.map((entry) =>
      Buffer.from(
        String(entry).replace(/urn:fairlead:lead\.scored:3(.*),"consent":"[a-z]+"/, 'urn:fairlead:lead.scored:2$1'),
      ),
    );
    expect(before.filter((entry) => String(entry).includes('lead.scored:2'))).toHaveLength(LEADS);
    expect(replayed(before).different.filter(({ poolSeq }) => poolSeq === undefined)).toEqual([]);
  });

  it('names the entry that has the step of another one', () => {
    const at = lastOf('lead.routed');
    const { step } = (events[at] as { data: { decided: { step: number } } }).data.decided;
    const noted = encodeEvent(AnswersNoted, {
      ...{ id: idOf('noted'), source: '/routing', subject: 'answers', time: START },
      data: { step, noted: [] },
    });
    for (const again of [entries[at] as Buffer, noted.bytes])
      expect(replayed([...entries, again])).toMatchObject({
        ...{ decisions: 2 * LEADS + 1, identical: 2 * LEADS, differentCount: 0, undecidable: 1 },
        undecidableBecause: `entry ${entries.length}: step ${step} is that of an entry before it already`,
      });
  });

  describe('of overrides', () => {
    const overridden = 5;
    const withOverrides = madeEntries(LEADS, { overridden });
    const decisions = 2 * LEADS + overridden;
    const at = withOverrides.findIndex((entry) => String(entry).includes('"type":"lead.overridden"'));
    const said = JSON.parse(String(withOverrides[at])) as Decision & { data: { policyWould: string } };
    const otherThan = (party: string) => (party === 'bolt' ? 'coil' : 'bolt');

    it('comes to the same, and to what the policy would have done', () => {
      expect(replayed(withOverrides)).toMatchObject({ decisions, identical: decisions, different: [], undecidable: 0 });
    });

    it('finds the one that says of the policy what it would not have done', () => {
      const other = otherThan(said.data.policyWould);
      const data = { ...said.data, policyWould: other };
      const result = replayed(withOverrides.with(at, Buffer.from(JSON.stringify({ ...said, data }))));
      expect(result).toMatchObject({ decisions, identical: decisions - 1, differentCount: 1, undecidable: 0 });
      expect(result.different).toEqual([
        {
          ...{ index: at, leadId: said.subject, pool: 'all', poolSeq: LEADS + 1 },
          ...{ was: other, now: said.data.policyWould },
          cause:
            'the policy would have done otherwise than the override says: the record was changed, or its inputs were',
        },
      ]);
    });

    it('finds the one that is silent, and counts one that nothing came of', () => {
      const silent = replayed(withOverrides.toSpliced(at, 1));
      expect(silent).toMatchObject({ decisions, differentCount: 1, undecidable: 0 });
      expect(silent.different).toMatchObject([
        { index: at, leadId: said.subject, cause: 'the log does not tell who overrode the policy here, and why' },
      ]);
      expect(replayed(withOverrides.slice(0, at + 1))).toMatchObject({
        ...{ decisions: 2 * LEADS + 1, identical: 2 * LEADS, differentCount: 0, undecidable: 1 },
        undecidableBecause: 'the log tells who overrode the policy, and not the decision that this was',
      });
    });
  });

  it('lists a thousand differences and counts the others', () => {
    const many = madeEntries(1_100).map((entry) =>
      Buffer.from(String(entry).replace(/("type":"lead\.scored".*"points":)\d+/, '$1999')),
    );
    const { different, differentCount } = replayed(many);
    expect([different.length, differentCount]).toEqual([1_000, 1_100]);
  });

  it('says whose decisions they are that come out otherwise', () => {
    const at = lastOf('lead.scored');
    const other = 'f'.repeat(64);
    const result = replayed(changed(at, ({ data }) => Object.assign(data, { engine: other, score: 99 })));
    expect(result.different).toMatchObject([{ cause: 'another engine' }]);
    expect(result.engines[other]).toBe(1);
  });
});
