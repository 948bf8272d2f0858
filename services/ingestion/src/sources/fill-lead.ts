import { applyMapping, type FieldError, LeadInput, type Mapping } from '@fairlead/decisions';
import { isScalar, number, type Scalar } from './json-value.js';

/**
 * Under which names a tool keeps what we have a field for: `{ phone: ['mobile', 'phone'] }`. Of several the first counts
 * that says something. `fullName` is divided where the two names are not given.
 */
export type KnownNames = Readonly<Record<string, readonly string[]>>;

export type Filled =
  | {
      readonly ok: true;
      readonly lead: Record<string, unknown>;
      /** Names of which no field took what they say: those that nobody knows, and a second address beside the one that counts. */
      readonly left: readonly string[];
    }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Texts for people, which may be cut: a long one is no reason to lose a lead. Ids and addresses may not. */
const cuttable: readonly string[] = [
  ...['firstName', 'lastName', 'company', 'city', 'industry', 'product', 'message'],
  'consent.text',
];
const MAX_FREE_TEXT = 200;

/** What the source's mapping says of a name counts; what it does not mention is filled from what is known of the tool. */
export function fillLead(values: ReadonlyMap<string, Scalar>, known: KnownNames, mapping: Mapping | undefined): Filled {
  const mapped = mapping ? applyMapping(Object.fromEntries(values), mapping) : { ok: true as const, lead: {} };
  if (!mapped.ok) return mapped;
  const lead = new Map<string, unknown>(Object.entries(mapped.lead));
  const used = new Set(Object.keys(mapping?.columns ?? {}));

  for (const [field, names] of Object.entries(known)) {
    const own = names.filter((name) => !Object.hasOwn(mapping?.columns ?? {}, name));
    const value = own.map((name) => values.get(name)).find((each) => each !== undefined && folded(each) !== '');
    const counts = value === undefined ? undefined : put(lead, field, value);
    for (const name of own) {
      const said = folded(values.get(name) ?? '');
      if (said === '' || said === folded(counts ?? '')) used.add(name);
    }
  }
  divideName(lead);
  return { ok: true, lead: Object.fromEntries(lead), left: [...values.keys()].filter((name) => !used.has(name)) };
}

/** For comparing what was said under two names. */
function folded(value: Scalar): string {
  return String(value).trim().toLowerCase();
}

/** @returns what was said that counts: this value, or what the mapping has put there before */
function put(lead: Map<string, unknown>, field: string, value: Scalar): Scalar | undefined {
  const [group, name] = field.split('.', 2) as [string, string | undefined];
  if (name === undefined) {
    const before = lead.get(field);
    if (before != null) return isScalar(before) ? before : undefined;
    lead.set(field, field === 'consent' ? value : fitting(field, String(value).trim()));
    return value;
  }
  const free = (lead.get(group) ?? {}) as Record<string, unknown>;
  // What was counted is a number, also where a tool writes every value as a text.
  const counted = group === 'engagement' ? number(value) : undefined;
  const before = free[name];
  free[name] ??= counted ?? (typeof value === 'string' ? cut(value.trim(), MAX_FREE_TEXT) : value);
  lead.set(group, free);
  return isScalar(before) ? before : value;
}

/** As much of a text for people as the field may hold; anything else as it is. */
export function fitting(field: string, value: string): string {
  const longest = longestOf(field);
  return isCuttable(field) && longest !== undefined ? cut(value, longest) : value;
}

/** @param field  also dotted: `attributes.segment` */
export function isCuttable(field: string): boolean {
  return cuttable.includes(field) || /^(?:attributes|engagement)\../su.test(field);
}

interface Bounded {
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Bounded>>;
  readonly additionalProperties?: Bounded;
}

function longestOf(field: string): number | undefined {
  const [group = '', name] = field.split('.', 2);
  const bounds = (LeadInput.properties as Readonly<Record<string, Bounded>>)[group];
  return (name === undefined ? bounds : (bounds?.properties?.[name] ?? bounds?.additionalProperties))?.maxLength;
}

/** In characters, as the limits are, and never through the middle of one. */
function cut(value: string, longest: number): string {
  if (value.length <= longest) return value;
  return value.slice(0, longest).toWellFormed();
}

/** The last word is the family name: wrong for some, and better than none for most. Both are shown side by side anyway. */
function divideName(lead: Map<string, unknown>): void {
  const full = lead.get('fullName');
  lead.delete('fullName');
  if (typeof full !== 'string' || lead.has('firstName') || lead.has('lastName')) return;
  const words = full.split(/\s+/);
  const last = words.length > 1 ? words.pop() : undefined;
  lead.set('firstName', fitting('firstName', words.join(' ')));
  if (last !== undefined) lead.set('lastName', fitting('lastName', last));
}

/**
 * Answers that no field took are kept in the message, which is sealed: nobody knows what is in them, and what stands in
 * clear is there for good.
 */
export function withAnswers(
  lead: Record<string, unknown>,
  answers: readonly (readonly [question: string, answer: Scalar])[],
): Record<string, unknown> {
  const said = answers.filter(([, answer]) => String(answer).trim() !== '');
  const lines = said.map(([question, answer]) => `${question}: ${answer}`);
  if (lines.length === 0) return lead;
  const message = typeof lead['message'] === 'string' ? [lead['message']] : [];
  return { ...lead, message: fitting('message', [...message, ...lines].join('\n')) };
}

/** All that is known of one name, and of another. */
export function bothNames(first: KnownNames, second: KnownNames): KnownNames {
  const fields = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries([...fields].map((field) => [field, [...(first[field] ?? []), ...(second[field] ?? [])]]));
}

/** Which names have to be asked for, to fill what is known of the tool and what the source's mapping mentions. */
export function namesOf(known: KnownNames, mapping: Mapping | undefined): string[] {
  return [...new Set([...Object.values(known).flat(), ...Object.keys(mapping?.columns ?? {})])];
}

/** As people and tools name the usual questions of a form, in any spelling: `First name`, `first_name`, `FIRST_NAME`. */
const usual: Readonly<Record<string, string>> = {
  ...{
    firstname: 'firstName',
    givenname: 'firstName',
    lastname: 'lastName',
    surname: 'lastName',
    familyname: 'lastName',
  },
  ...{ fullname: 'fullName', name: 'fullName', yourname: 'fullName' },
  ...{ email: 'email', emailaddress: 'email', workemail: 'email', businessemail: 'email', companyemail: 'email' },
  ...{
    phone: 'phone',
    phonenumber: 'phone',
    workphone: 'phone',
    workphonenumber: 'phone',
    mobile: 'phone',
    tel: 'phone',
  },
  ...{ mobilephone: 'phone', telephone: 'phone', company: 'company', companyname: 'company', organization: 'company' },
  ...{ organisation: 'company', website: 'domain', companywebsite: 'domain', domain: 'domain', country: 'country' },
  ...{
    region: 'region',
    state: 'region',
    province: 'region',
    city: 'city',
    industry: 'industry',
    companysize: 'employees',
  },
  ...{
    employees: 'employees',
    numberofemployees: 'employees',
    product: 'product',
    message: 'message',
    comments: 'message',
  },
  ...{ jobtitle: 'attributes.jobTitle', title: 'attributes.jobTitle', useremail: 'email', userphone: 'phone' },
};

/** Which of a form's questions are which of our fields, by how they are called. Work details before private ones. */
export function usualNames(names: Iterable<string>): KnownNames {
  return knownBy(names, bareName);
}

/** The same, of questions that are put in a sentence: `What is your company?`, `Your email address:`. */
export function askedNames(names: Iterable<string>): KnownNames {
  return knownBy(names, (name) =>
    Object.hasOwn(usual, bareName(name)) ? bareName(name) : bareName(withoutAsking(name)),
  );
}

function knownBy(names: Iterable<string>, bare: (name: string) => string): KnownNames {
  const known: Record<string, string[]> = {};
  for (const name of names) {
    const folded = bare(name);
    if (!Object.hasOwn(usual, folded)) continue;
    const field = usual[folded] as string;
    const isWork = folded.startsWith('work') || folded.startsWith('business') || folded.startsWith('company');
    const list = (known[field] ??= []);
    if (isWork) list.unshift(name);
    else list.push(name);
  }
  return known;
}

function bareName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

const asking: ReadonlySet<string> = new Set([
  ...['please', 'and', 'enter', 'provide', 'share', 'give', 'tell', 'us', 'with'],
  ...['what', 'whats', 'is', 'are', 'the', 'your'],
]);

/** Whole words, and those before the thing that is asked for: `what is the name of your company` asks for no name. */
function withoutAsking(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/['’]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const from = words.findIndex((word) => !asking.has(word));
  return from === -1 ? '' : words.slice(from).join(' ');
}
