/** An event, as far as it is told: of the API or of a folder, perhaps in an older version, or of a type to come. */
export interface ToldEvent {
  readonly time: string;
  readonly type: string;
  readonly source: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One event in words. */
export interface Told {
  /** Who did it: a party, the key of a person, or the service. */
  readonly who: string;
  readonly what: string;
  /** Why, where the event says so. */
  readonly why: string;
}

/** The strongest reasons of a score; `explain` and the event itself have all. */
const REASONS = 3;

/** Says who did what, and why, in a line. What it does not know it tells by its type. */
export function tellEvent({ type, source, data }: ToldEvent): Told {
  const service = source.replace(/^\//, '');
  const party = word(data['party']);
  const who = word(data['actor']) || word(data['requestedBy']) || party || service;
  const reason = word(data['reason']);
  const tell = (what: string, why = ''): Told => ({ who, what, why });
  switch (type) {
    case 'lead.received':
      return tell(`received from ${word(data['sourceId'])}`, lacks(data));
    case 'lead.merged':
      return data['absorbed'] === undefined
        ? tell(`came again from ${word(data['sourceId'])}, and was recognised`, gained(data))
        : tell(`is one with ${word(data['absorbed'])}`, gained(data));
    case 'lead.absorbed':
      return tell(`is one with ${word(data['into'])} from here on`, inWords(reason));
    case 'lead.split':
      return tell(`is not one with ${word(data['other'])} after all`, inWords(reason));
    case 'lead.engaged':
      return tell(`${inWords(word(data['activity']))}, told by ${word(data['sourceId'])}`, gained(data));
    case 'lead.consent-changed':
      return tell(agrees(data) ? 'agrees' : 'agrees no longer', gained(data) === '' ? 'an older word' : '');
    case 'lead.imported':
      return tell(
        `told by ${word(data['sourceId'])}: a deal of ${party} since ${moment(data['occurredAt'])}, ${word(data['outcome'])}${amount(data['amount'])}`,
        inWords(reason),
      );
    case 'lead.held':
      return tell(`held until ${moment(data['until'])}`, lacks(data));
    case 'lead.completed':
      return tell(data['by'] === 'hold-expired' ? 'no longer waited for' : 'completed', lacks(data));
    case 'lead.scored':
      return tell(`${judged(data)}, ${word(data['score'])} points by model ${version(data['model'])}`, strongest(data));
    case 'lead.routed':
      return tell(
        `offer ${word(data['offer'])} to ${word(data['to'])}, to accept by ${moment(data['acceptBy'])}`,
        whyRouted(data),
      );
    case 'lead.unroutable':
      return tell(
        data['then'] === 'nurture' ? 'offered to nobody, to be nurtured' : 'offered to nobody',
        inWords(reason),
      );
    case 'lead.overridden': {
      const would = data['policyWould'];
      return tell(
        `given to ${word(data['to'])} by a person`,
        [reason, `the policy would have chosen ${would === null ? 'nobody' : word(would)}`].join('; '),
      );
    }
    case 'lead.offer-expired':
      return tell(`let offer ${word(data['offer'])} run out`, `it was to be accepted by ${moment(data['acceptBy'])}`);
    case 'lead.accepted':
    case 'lead.declined':
      return { who: party, what: `${type.slice(5)} offer ${word(data['offer'])}`, why: inWords(reason) };
    case 'lead.contacted':
    case 'lead.qualified':
    case 'lead.won':
    case 'lead.lost':
    case 'lead.returned':
      return tell(
        `${type === 'lead.qualified' ? 'made it an opportunity' : type.slice(5)}${amount(data['amount'])}`,
        inWords(reason),
      );
    case 'lead.recycled':
      return tell(`offered again, not to ${party === '' ? 'whoever returned it' : party}`, inWords(reason));
    case 'lead.reminded':
      return {
        who: service,
        what: `reminded ${party}, ${ordinal(data['number'])}`,
        why:
          data['what'] === 'offer-ends'
            ? `offer ${word(data['offer'])} is to be accepted by ${moment(data['acceptBy'])}`
            : `no word since ${moment(data['silentSince'])}`,
      };
    case 'lead.amended': {
      const was = outcomeOf(data['was']);
      return tell(
        data['is'] === undefined ? `takes back: ${was}` : `corrects: not ${was}, but ${outcomeOf(data['is'])}`,
      );
    }
    case 'lead.erased':
      return tell('personal data erased', inWords(reason));
    case 'partner.notified':
      return {
        who: service,
        what: `told ${party} of ${word(data['eventType'])}, attempt ${word(data['attempt'])}`,
        why: '',
      };
    case 'partner.unreachable':
      return {
        who: service,
        what: `gave up telling ${party} of ${word(data['eventType'])} after ${word(data['attempts'])} attempts`,
        why: inWords(word(data['lastFailure'])),
      };
    case 'event.parked':
      return {
        who: word(data['consumer']),
        what: `could not process ${word(data['eventType'])}, and put it aside`,
        why: word(data['errorClass']),
      };
    case 'event.redriven':
      return tell(`had what ${word(data['consumer'])} had put aside processed again`, reason);
    default:
      return tell(type, inWords(reason));
  }
}

function judged(data: ToldEvent['data']): string {
  const grade = word(data['grade']);
  return grade === '' ? inWords(word(data['state'])) : `grade ${grade}`;
}

function strongest(data: ToldEvent['data']): string {
  const contributions = listOf(data['contributions']) as { points?: unknown; reason?: unknown }[];
  const size = ({ points }: { points?: unknown }) => (typeof points === 'number' ? Math.abs(points) : 0);
  const isVerdict = ({ points }: { points?: unknown }) => points === 0;
  return [...contributions.filter(isVerdict), ...contributions.toSorted((one, other) => size(other) - size(one))]
    .filter((each, index, all) => all.indexOf(each) === index)
    .slice(0, REASONS)
    .map(({ points, reason }) => `${word(reason)}${points === 0 ? '' : ` (${signed(points)})`}`)
    .join('; ');
}

function whyRouted(data: ToldEvent['data']): string {
  const reasons: Readonly<Record<string, string>> = {
    first: 'its turn by the promise',
    declined: 'the one before declined',
    expired: 'the one before let it run out',
    'consent-withdrawn': 'taken back from the one before, since the person agrees no longer',
    'consent-given': 'the person agreed after all',
    recycled: 'it was returned, and nobody who had it gets it again',
    fallback: 'nobody else is left',
    override: 'a person decided so',
  };
  const why = word(data['why']);
  const named = data['namedAccount'] as { list?: unknown; entry?: unknown } | undefined;
  const claimed = data['protectedAccount'] as { kind?: unknown; refusals?: unknown } | undefined;
  const decided = data['decided'] as { policy?: unknown; pool?: unknown; poolSeq?: unknown } | undefined;
  const because = named
    ? `the list ${word(named.list)} reserves ${word(named.entry)} for direct`
    : claimed && listOf(claimed.refusals).length === 0
      ? `a claim on the account (${inWords(word(claimed.kind))})`
      : (reasons[why] ?? why);
  return `${because}; policy ${version(decided?.policy)}, decision ${word(decided?.pool)}/${word(decided?.poolSeq)}`;
}

function ordinal(number: unknown): string {
  return number === 1 ? 'for the first time' : `reminder ${word(number)}`;
}

function agrees(data: ToldEvent['data']): boolean {
  return (data['consent'] as { given?: unknown } | undefined)?.given === true;
}

function gained(data: ToldEvent['data']): string {
  const changed = listOf(data['changed']).map(word);
  return changed.length === 0 ? '' : `new: ${changed.join(', ')}`;
}

function lacks(data: ToldEvent['data']): string {
  const missing = listOf(data['missing']).map(word);
  return missing.length === 0 ? '' : `it lacks ${missing.join(', ')}`;
}

function outcomeOf(value: unknown): string {
  const outcome = (value ?? {}) as { type?: unknown; at?: unknown; reason?: unknown; amount?: unknown };
  const reason = word(outcome.reason);
  return `${word(outcome.type)}${amount(outcome.amount)}${reason && `, ${inWords(reason)}`} (${moment(outcome.at)})`;
}

function amount(value: unknown): string {
  const { value: sum, currency } = (value ?? {}) as { value?: unknown; currency?: unknown };
  return typeof sum === 'number' ? `, ${sum.toLocaleString('en')} ${word(currency)}` : '';
}

function version(document: unknown): string {
  const { name, version: number } = (document ?? {}) as { name?: unknown; version?: unknown };
  return `${word(name)}@${word(number)}`;
}

function moment(value: unknown): string {
  return typeof value === 'number' ? `${new Date(value).toISOString().slice(0, 16).replace('T', ' ')} UTC` : '?';
}

function signed(points: unknown): string {
  return typeof points === 'number' && points > 0 ? `+${points}` : word(points);
}

/** `not-qualified` as it is said. */
function inWords(slug: string): string {
  return slug.replaceAll('-', ' ');
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
