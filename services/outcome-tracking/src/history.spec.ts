import {
  bindMapping,
  type ComparedCounts,
  type KnownDeal,
  likeForLike,
  type Mapping,
  type Offer,
  parseMapping,
  readDeal,
  tallyOf,
  tellDeal,
  toldAs,
  trustFigures,
} from '@fairlead/decisions';
import { LeadImported } from '@fairlead/events';
import { parse } from 'csv-parse/sync';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { foldEvent, type LeadEvent } from './fold-event.js';
import { type TrackedLead, unseen } from './store/leads.store.js';

// Real deals that somebody else collected, on the whole way from a table to the figures. Each figure is computed once more, plainly, from
// the rows themselves.

type Row = Readonly<Record<string, string>>;

/** A table that lies beside the checkout (`../shared/data`); undefined where it does not, and the test is skipped. */
function rowsOf(name: string): Row[] | undefined {
  const file = new URL(`../../../../shared/data/${name}`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  return parse<Row>(name.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true });
}

/** What ingestion makes of tables, and outcome-tracking of what ingestion says. */
class Imported {
  private readonly deals = new Map<string, KnownDeal>();
  private readonly leads = new Map<string, TrackedLead>();
  readonly statuses: Record<string, number> = {};

  read(rows: readonly Row[], document: Mapping): this {
    const parsed = parseMapping(document);
    const header = Object.keys(rows[0] ?? {});
    const bound = parsed.ok ? bindMapping(parsed.mapping, header) : parsed;
    if (!bound.ok) throw new Error(JSON.stringify(bound.errors));
    for (const row of rows) {
      const mapped = bound.apply(header.map((column) => row[column] ?? ''));
      if (!mapped.ok) throw new Error(JSON.stringify(mapped.errors));
      this.take({ ...mapped.lead, ...mapped.history });
    }
    return this;
  }

  private take(row: object): void {
    const reading = readDeal(row, { sourceId: 'crm', now: Date.UTC(2026, 0, 1) });
    if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
    const { externalId } = reading.told;
    const verdict = tellDeal(this.deals.get(externalId), reading.told);
    this.statuses[verdict.outcome] = (this.statuses[verdict.outcome] ?? 0) + 1;
    if (verdict.outcome === 'rejected') throw new Error(JSON.stringify(verdict.errors));
    if (verdict.known) this.deals.set(externalId, verdict.known);
    if (verdict.outcome === 'known') return;
    const id = idOf(externalId);
    const data = toldAs(reading.told, verdict.known);
    // As it is read: that it can be written is seen where it goes through the database.
    const event = { id, subject: id, type: LeadImported.type, time: '1970-01-01T00:00:00.000Z', data } as LeadEvent;
    this.leads.set(id, foldEvent(this.leads.get(id) ?? unseen(id, 0), event));
  }

  /** One row for each offer, as counts are made of; alike are those with the same of this attribute. */
  counted(attribute: string, of: (offer: Offer) => boolean = () => true): ComparedCounts[] {
    return this.offers(of).map(({ offer, facts }) => {
      const value = (facts['attributes'] as Readonly<Record<string, string | number | undefined>>)[attribute];
      return { party: offer.party, grade: value === undefined ? null : String(value), tally: tallyOf(offer) };
    });
  }

  offers(
    of: (offer: Offer) => boolean = () => true,
  ): { readonly offer: Offer; readonly facts: Record<string, unknown> }[] {
    return [...this.leads.values()].flatMap(({ standing, details: { facts } }) =>
      standing.offers.filter(of).map((offer) => ({ offer, facts })),
    );
  }
}

function idOf(externalId: string): string {
  const hex = createHash('sha256').update(externalId).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

const near = (value: number) => expect.closeTo(value, 9) as number;
const share = (of: readonly Row[], is: (row: Row) => boolean) => of.filter(is).length / of.length;

describe('a history of deals (../shared/data/ibm_sales_win_loss.csv.gz)', () => {
  const rows = rowsOf('ibm_sales_win_loss.csv.gz');
  const withRows = rows ? it : it.skip;
  const parties = {
    'Fields Sales': 'direct',
    Reseller: 'reseller',
    Other: 'other',
    Telesales: 'telesales',
    Telecoverage: 'telecoverage',
  };
  const mapping: Mapping = {
    columns: {
      'Opportunity Number': 'externalId',
      'Route To Market': 'channel',
      'Opportunity Result': 'outcome',
      'Deal Size Category': 'attributes.size',
    },
    values: { channel: parties, outcome: { Won: 'won', Loss: 'lost' } },
    // The file tells no days.
    constants: { occurredAt: '2016-01-01', outcomeAt: '2016-12-31' },
  };
  const [ID, ROUTE, SIZE] = ['Opportunity Number', 'Route To Market', 'Deal Size Category'];
  const isWon = (row: Row) => row['Opportunity Result'] === 'Won';
  /** Some deals are there several times: of those the last row counts. */
  const deals = [...new Map((rows ?? []).map((row) => [row[ID], row])).values()];
  const sizes = [...new Set(deals.map((row) => row[SIZE]))];
  const ofSize = (of: readonly Row[], size: string | undefined) => of.filter((row) => row[SIZE] === size);

  withRows('has the win rates of a plain recomputation, as they are and with the same mix of sizes for all', () => {
    const imported = new Imported().read(rows ?? [], mapping);
    expect(imported.statuses['imported']).toBe(new Set(rows?.map((row) => row[ID])).size);
    const { likeForLike: found } = likeForLike(imported.counted('size'));
    expect(Object.keys(found)).toEqual(Object.values(parties).toSorted());
    for (const [route, party] of Object.entries(parties)) {
      const own = deals.filter((row) => row[ROUTE] === route);
      const rateOf = new Map(sizes.map((size) => [size, share(ofSize(own, size), isWon)]));
      const plain = deals.reduce((sum, row) => sum + (rateOf.get(row[SIZE]) ?? 0), 0) / deals.length;
      expect(found[party]).toMatchObject({
        crude: { value: near(share(own, isWon)), trials: own.length },
        standardised: { value: near(plain) },
        ...{ covered: 1, unfinished: 0 },
      });
    }
  });

  withRows('comes to the same figures when it is imported twice, or was broken off', () => {
    const some = (rows ?? []).slice(0, 3_000);
    const once = new Imported().read(some, mapping);
    const twice = new Imported().read(some.slice(0, 1_234), mapping).read(some, mapping).read(some, mapping);
    expect(twice.offers()).toEqual(once.offers());
    expect(twice.statuses['imported']).toBe(once.statuses['imported']);
  });

  withRows('shows no better work of a team that a score, blind to who works them, sends the best quarter', () => {
    // A third of them: enough to tell fifteen points from none.
    const some = deals.filter((_, place) => place % 3 === 0);
    const score = new Map(sizes.map((size) => [size, share(ofSize(some, size), isWon)]));
    const best = some.toSorted(
      (left, right) =>
        (score.get(right[SIZE]) ?? 0) - (score.get(left[SIZE]) ?? 0) || Number(left[ID]) - Number(right[ID]),
    );
    const sent = best.map((row, place) => ({
      ...row,
      'Route To Market': place < best.length / 4 ? 'Fields Sales' : 'Reseller',
    }));
    const { gap, likeForLike: found } = likeForLike(new Imported().read(sent, mapping).counted('size'));
    const apart = gap.won.apart;
    expect(apart?.gap.value).toBeCloseTo(0.15, 1);
    expect(apart?.gap.low).toBeGreaterThan(0.12);
    expect([Number(apart?.betterWork.low) < 0, Number(apart?.betterWork.high) > 0]).toEqual([true, true]);
    const [one, other] = [found['direct']?.standardised, found['reseller']?.standardised];
    expect([Number(one?.low) < Number(other?.high), Number(other?.low) < Number(one?.high)]).toEqual([true, true]);
  });

  withRows('is a pool of its own, of which nothing was promised', () => {
    const counted = new Imported()
      .read((rows ?? []).slice(0, 2_000), mapping)
      .offers()
      .map(({ offer }) => ({ ...offer, tally: tallyOf(offer) }));
    expect(new Set(counted.map(({ pool, policy, kind }) => `${pool} ${policy} ${kind}`))).toEqual(
      new Set(['legacy legacy@1 share']),
    );
    const { promise, channels } = trustFigures(counted, []);
    expect(promise).toMatchObject({ incomplete: { promised: null } });
    expect(Number(channels.direct['all']?.counts.won)).toBeGreaterThan(0);
  });
});

describe('a history in two files (../shared/data/olist_mql.csv, olist_closed_deals.csv)', () => {
  const contacts = rowsOf('olist_mql.csv');
  const closed = rowsOf('olist_closed_deals.csv');
  const DAY_MS = 86_400_000;
  const from = Date.UTC(2018, 0, 1);

  (contacts && closed ? it : it.skip)(
    'has the conversion by origin of a plain recomputation, and no deal won before its contact',
    () => {
      const imported = new Imported()
        .read(contacts ?? [], {
          columns: { mql_id: 'externalId', first_contact_date: 'occurredAt', origin: 'attributes.origin' },
          constants: { channel: 'direct' },
        })
        .read(closed ?? [], {
          columns: { mql_id: 'externalId', won_date: 'outcomeAt' },
          constants: { outcome: 'won' },
        });
      expect(imported.statuses).toEqual({ imported: contacts?.length, changed: closed?.length });

      const won = new Map(closed?.map((row) => [row['mql_id'], row['won_date'] ?? '']));
      const followed = (contacts ?? []).filter((row) => (row['first_contact_date'] ?? '') >= '2018-01-01');
      const counted = imported.counted('origin', ({ offeredAt }) => offeredAt >= from);
      for (const [origin, each] of Map.groupBy(followed, (row) => row['origin'] || null)) {
        const found = counted.filter(({ grade }) => grade === origin);
        expect([found.length, found.filter(({ tally }) => tally.won === 1).length]).toEqual([
          each.length,
          each.filter((row) => won.has(row['mql_id'])).length,
        ]);
      }
      expect(counted).toHaveLength(followed.length);
      const [all] = Object.values(likeForLike(counted).likeForLike);
      expect(all?.crude.value).toBeCloseTo(
        share(followed, (row) => won.has(row['mql_id'])),
        9,
      );

      // One was won two days before its first contact: on the day of it, then.
      const days = (text: string) => Math.floor(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / DAY_MS);
      const plain = followed
        .filter((row) => won.has(row['mql_id']))
        .map((row) => Math.max(0, days(won.get(row['mql_id']) ?? '') - days(row['first_contact_date'] ?? '')));
      const found = imported
        .offers(({ offeredAt, stage }) => offeredAt >= from && stage === 'won')
        .map(({ offer: { offeredAt, closedAt } }) => Math.floor(((closedAt ?? NaN) - offeredAt) / DAY_MS));
      expect(found.toSorted((a, b) => a - b)).toEqual(plain.toSorted((a, b) => a - b));
    },
  );
});
