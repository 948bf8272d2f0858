import { type Chance, chance } from './random.js';
import { namedAccounts, sources } from './vendor.js';

/** A lead as a marketing tool would send it, in the fields of POST /v1/leads. */
export interface CampaignLead {
  readonly externalId: string;
  readonly source: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
  readonly phone?: string;
  readonly company?: string;
  readonly country?: string;
  readonly city?: string;
  readonly industry?: string;
  readonly employees?: number;
  readonly revenue?: number;
  readonly product?: string;
  readonly consent: boolean;
  readonly engagement: Readonly<Record<string, number>>;
  readonly attributes: Readonly<Record<string, string>>;
  /** What marketing finds out when the lead is held because something is missing; not sent with it. */
  readonly foundOut?: { readonly email: string };
}

interface Country {
  readonly code: string;
  readonly cities: readonly string[];
  readonly firstNames: readonly string[];
  readonly lastNames: readonly string[];
  readonly suffix: string;
  /** Numbers that are kept for fiction, or whose block is not given out, where the country has such; else none. */
  readonly phone?: (chance: Chance) => string;
}

const digits = (some: Chance, count: number): string =>
  Array.from({ length: count }, () => some.between(0, 9)).join('');

const countries: readonly (readonly [Country, number])[] = [
  [
    {
      code: 'DE',
      cities: ['Berlin', 'Hamburg', 'München', 'Köln', 'Leipzig', 'Stuttgart'],
      firstNames: ['Anna', 'Jonas', 'Katrin', 'Lukas', 'Miriam', 'Stefan', 'Ute', 'Paul', 'Leyla', 'Emre'],
      lastNames: [
        'Albrecht',
        'Brandt',
        'Ehlers',
        'Friedrich',
        'Hartmann',
        'Jansen',
        'Krüger',
        'Yildiz',
        'Vogel',
        'Seidel',
      ],
      suffix: 'GmbH',
      phone: (some) => `+493023125${digits(some, 3)}`,
    },
    30,
  ],
  [
    {
      code: 'AT',
      cities: ['Wien', 'Graz', 'Linz'],
      firstNames: ['Johanna', 'Florian', 'Magdalena', 'Tobias'],
      lastNames: ['Gruber', 'Pichler', 'Steiner', 'Wallner'],
      suffix: 'GmbH',
    },
    6,
  ],
  [
    {
      code: 'CH',
      cities: ['Zürich', 'Basel', 'Lausanne'],
      firstNames: ['Reto', 'Nadia', 'Luc', 'Seraina'],
      lastNames: ['Baumann', 'Keller', 'Rochat', 'Zwyssig'],
      suffix: 'AG',
    },
    7,
  ],
  [
    {
      code: 'GB',
      cities: ['London', 'Manchester', 'Bristol', 'Leeds'],
      firstNames: ['Amelia', 'Callum', 'Grace', 'Harpreet', 'Imogen', 'Rory', 'Zara'],
      lastNames: ['Ashworth', 'Bhatt', 'Cartwright', 'Fairley', 'Osei', 'Pemberton', 'Whitlock'],
      suffix: 'Ltd',
      phone: (some) => `+442079460${digits(some, 3)}`,
    },
    20,
  ],
  [
    {
      code: 'IE',
      cities: ['Dublin', 'Cork'],
      firstNames: ['Aoife', 'Cillian', 'Niamh'],
      lastNames: ['Brennan', 'Keane', 'Tierney'],
      suffix: 'Ltd',
    },
    3,
  ],
  [
    {
      code: 'FR',
      cities: ['Paris', 'Lyon', 'Nantes', 'Toulouse'],
      firstNames: ['Camille', 'Étienne', 'Jeanne', 'Malik', 'Océane', 'Thibault'],
      lastNames: ['Blanchet', 'Delorme', 'Garnier', 'Lefort', 'Marchand', 'Rousselet'],
      suffix: 'SAS',
      phone: (some) => `+331990${digits(some, 5)}`,
    },
    15,
  ],
  [
    {
      code: 'BE',
      cities: ['Gent', 'Liège'],
      firstNames: ['Jef', 'Manon', 'Pieter'],
      lastNames: ['Claes', 'Dubois', 'Wouters'],
      suffix: 'NV',
    },
    4,
  ],
  [
    {
      code: 'NL',
      cities: ['Amsterdam', 'Utrecht', 'Eindhoven'],
      firstNames: ['Daan', 'Femke', 'Sanne', 'Youssef'],
      lastNames: ['de Boer', 'Hendriks', 'Kuiper', 'Verhoeven'],
      suffix: 'BV',
    },
    7,
  ],
  [
    {
      code: 'SE',
      cities: ['Stockholm', 'Göteborg', 'Malmö'],
      firstNames: ['Astrid', 'Elin', 'Nils', 'Samir'],
      lastNames: ['Bergström', 'Dahlin', 'Lindqvist', 'Sjöberg'],
      suffix: 'AB',
      phone: (some) => `+468465004${digits(some, 2)}`,
    },
    4,
  ],
  [
    {
      code: 'NO',
      cities: ['Oslo', 'Bergen'],
      firstNames: ['Ingrid', 'Sverre'],
      lastNames: ['Aasen', 'Hauge'],
      suffix: 'AS',
    },
    2,
  ],
  [
    {
      code: 'DK',
      cities: ['København', 'Aarhus'],
      firstNames: ['Freja', 'Mikkel'],
      lastNames: ['Kjær', 'Østergaard'],
      suffix: 'ApS',
    },
    2,
  ],
];

const companyWords = [
  ['Amber', 'Alder', 'Birken', 'Cobalt', 'Delta', 'Elm', 'Falken', 'Granit', 'Hafen', 'Iris', 'Juniper', 'Kestrel'],
  ['Linden', 'Marl', 'Nova', 'Orchard', 'Pinien', 'Quarz', 'Raven', 'Silber', 'Tarn', 'Ulmen', 'Vesper', 'Willow'],
].flat();
const companyTrades = [
  'bau',
  'cast',
  'craft',
  'dale',
  'feld',
  'form',
  'gate',
  'line',
  'logistik',
  'mark',
  'mill',
  'tek',
  'werk',
  'works',
];
const industries = [
  'manufacturing',
  'retail',
  'logistics',
  'healthcare',
  'software',
  'construction',
  'food',
  'energy',
  'public sector',
  'finance',
];
const products = [
  ['ledger', 5],
  ['harbor', 3],
  ['tide', 2],
] as const;

/** What kind of lead it is; the score is made by the model, from what such a lead has to show. */
type Kind = 'keen' | 'warm' | 'curious' | 'thin' | 'incomplete' | 'nobody';
const kinds: readonly (readonly [Kind, number])[] = [
  ['keen', 16],
  ['warm', 28],
  ['curious', 27],
  ['thin', 15],
  ['incomplete', 7],
  ['nobody', 7],
];

/** One lead in this many is sent a second time, as forms and tools do. */
const DUPLICATE_EVERY = 40;

/**
 * The leads of one campaign, in the order in which they are sent: the same for the same number and seed. Names, companies
 * and addresses are made up; all domains end in `.example`, which nobody can register.
 */
export function generateLeads(count: number, seed: number): CampaignLead[] {
  const some = chance(seed);
  const leads: CampaignLead[] = [];
  for (let number = 1; leads.length < count; number += 1) {
    const earlier = leads.length > 0 && some.is(1 / DUPLICATE_EVERY) ? some.oneOf(leads) : undefined;
    if (earlier) leads.push({ ...earlier, engagement: { ...earlier.engagement, visits: some.between(1, 9) } });
    else leads.push(generateLead(some, `${seed.toString(36)}-${number}`));
  }
  return leads;
}

function generateLead(some: Chance, id: string): CampaignLead {
  const kind = some.weighted(kinds);
  const source = some.weighted(sources.map((each) => [each.id, each.weight] as const));
  const country = some.weighted(countries);
  const [firstName, lastName] = [some.oneOf(country.firstNames), some.oneOf(country.lastNames)];
  const person = { externalId: `bw-${id}`, source, firstName, lastName, consent: !some.is(0.1) };
  const product = some.weighted(products);
  // More than the ceiling of the list allows, so that one sees it at work.
  const isNamed = some.is(0.06);
  const company = isNamed ? some.oneOf(namedAccounts.entries).company : companyName(some, country);
  const domain = `${plain(company.replace(/ \S+$/u, ''))}.example`;
  const mailbox = `${plain(firstName)}.${plain(lastName)}.${id}`;
  const at = { country: country.code, city: some.oneOf(country.cities) };

  switch (kind) {
    case 'keen':
      return {
        ...person,
        ...at,
        company,
        product,
        email: `${mailbox}@${domain}`,
        ...(country.phone && some.is(0.7) && { phone: country.phone(some) }),
        ...(some.is(0.7) && { industry: some.oneOf(industries) }),
        employees: isNamed
          ? some.between(1_000, 9_000)
          : some.weighted([[some.between(120, 900), 7] as const, [some.between(1_000, 9_000), 3] as const]),
        ...(some.is(0.5) && { revenue: some.between(20, 400) * 1_000_000 }),
        engagement: {
          visits: some.between(4, 30),
          pricingViews: some.between(1, 3),
          ...(some.is(0.5) && { downloads: some.between(1, 4) }),
          ...(some.is(0.5) ? { demoRequests: 1 } : { webinars: some.between(1, 2) }),
        },
        attributes: {},
      };
    case 'warm':
      return {
        ...person,
        ...at,
        company,
        product,
        email: `${mailbox}@${domain}`,
        ...(some.is(0.5) && { industry: some.oneOf(industries) }),
        employees: isNamed
          ? some.between(1_000, 4_000)
          : some.weighted([[some.between(20, 300), 8] as const, [some.between(1_000, 4_000), 2] as const]),
        engagement: { visits: some.between(1, 5), ...(some.is(0.5) && { downloads: some.between(1, 2) }) },
        attributes: {},
      };
    case 'curious':
      return {
        ...person,
        ...at,
        company,
        ...(some.is(0.6) && { product }),
        email: `${mailbox}@${domain}`,
        ...(some.is(0.5) && { employees: some.between(2, 40) }),
        engagement: { visits: some.between(1, 3) },
        attributes: {},
      };
    case 'thin':
      return {
        ...person,
        ...at,
        email: `${mailbox}@${domain}`,
        ...(some.is(0.4) && { company }),
        engagement: some.is(0.5) ? { visits: 1 } : {},
        attributes: {},
      };
    case 'incomplete':
      // A badge that was scanned at a stand, and nobody can be called: held until that is found out, or its time is up.
      return {
        ...person,
        ...at,
        company,
        product,
        employees: some.between(10, 400),
        engagement: { visits: some.between(1, 12), downloads: some.between(0, 2) },
        attributes: {},
        ...(some.is(0.5) && { foundOut: { email: `${mailbox}@${domain}` } }),
      };
    case 'nobody':
      return {
        ...person,
        ...at,
        email: `${mailbox}@${domain}`,
        engagement: { visits: some.between(1, 20), downloads: some.between(0, 4) },
        attributes: { relation: some.oneOf(['student', 'applicant', 'competitor', 'press']) },
      };
  }
}

function companyName(some: Chance, { suffix }: Country): string {
  return `${some.oneOf(companyWords)}${some.oneOf(companyTrades)} ${suffix}`;
}

/** As it would stand in an address. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/ø/giu, 'o')
    .replace(/æ/giu, 'ae')
    .replace(/ß/gu, 'ss')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
