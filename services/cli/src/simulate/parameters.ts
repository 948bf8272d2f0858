import { documentReader, type Reading } from '@fairlead/decisions';
import { Type } from '@sinclair/typebox';

/** Where a number comes from: told in the article, found in its survey, or nobody's but ours. */
export type Source = 'article' | 'survey' | 'assumed';

interface Parameter {
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly whole?: true;
  readonly source: Source;
  readonly meaning: string;
}

/**
 * All that is assumed about people and markets, in one place. Each may be set by a file; the report prints every one. Shares and chances are
 * shares of 1.
 */
export const parameterList = {
  notQualified: share(
    0.12,
    'survey',
    'of all leads, those of students, applicants, competitors and press; with the incomplete ones some 40 % of what partners get under legacy, as in the survey 40 % called leads not actionable',
  ),
  incomplete: share(0.1, 'survey', 'of all leads, those without a way to reach the person; see notQualified'),
  noise: share(
    0.3,
    'assumed',
    'of the facts that show of a lead, those that are another lead’s: how wrong a grade can be',
  ),
  companies: {
    value: 50_000,
    least: 1,
    most: 10_000_000,
    whole: true,
    source: 'assumed',
    meaning: 'companies that leads come from, each as likely',
  },
  opportunityAtBest: share(
    0.73,
    'article',
    'chance that the best of all leads becomes an opportunity, called at once: so that direct turns 30 % of A and B leads into opportunities',
  ),
  wonAtBest: share(
    0.47,
    'article',
    'chance that an opportunity from the best of all leads is won: so that direct wins 30 % of its opportunities',
  ),
  reachIncomplete: share(
    0.3,
    'assumed',
    'how much of its chance an incomplete lead has left, since the way to it must be found out',
  ),
  dealLeast: {
    value: 5_000,
    least: 0,
    most: 100_000_000,
    whole: true,
    source: 'assumed',
    meaning: 'least value of a deal, euros',
  },
  dealMost: {
    value: 55_000,
    least: 0,
    most: 100_000_000,
    whole: true,
    source: 'assumed',
    meaning: 'most, euros; in between each value is as likely',
  },
  followUpBest: share(0.9, 'assumed', 'chance that a party works a lead when leads are as good as it expects'),
  followUpLeast: share(
    0.07,
    'survey',
    'the same however bad leads are: 7 % of partners called vendors a key source of leads',
  ),
  expected: {
    value: 0.15,
    least: 0.001,
    most: 1,
    source: 'assumed',
    meaning:
      'share of worked leads that must become opportunities for a party to work at its best: half of the article’s 30 %',
  },
  elasticity: {
    value: 1,
    least: 0,
    most: 10,
    source: 'assumed',
    meaning: 'percent by which a party works less when its leads are one percent worse than expected',
  },
  memory: share(0.5, 'assumed', 'weight of what a party believed before, beside what the last quarter showed it'),
  experiencePartners: share(
    0.1,
    'survey',
    'what partners believe at the beginning; they then let 40 % of their leads lie, as in the survey 40 % called them not actionable',
  ),
  experienceDirect: share(0.3, 'article', 'what direct believes at the beginning'),
  hoursBest: hours(4, 'to the first call, on average, of a party that works at its best'),
  hoursWorst: hours(120, 'of one that hardly works; in between it follows the follow-up'),
  coolsInHours: { ...hours(200, 'after which a lead’s chance of becoming an opportunity is half'), least: 0.001 },
  skillDirect: skill('opportunities that direct makes of the same leads, called as fast, beside everybody else with 1'),
  skillPartners: skill('the same of partners'),
  listBegin: share(
    0.5,
    'assumed',
    'of the companies with an A or B lead, those that direct writes onto its list in the first quarter',
  ),
  listReaction: {
    value: 0.5,
    least: 0,
    most: 100,
    source: 'assumed',
    meaning: 'by how much of them it writes more, for each point that direct was ahead in the last plain report',
  },
} as const satisfies Readonly<Record<string, Parameter>>;

export type ParameterName = keyof typeof parameterList;
export type Parameters = Readonly<Record<ParameterName, number>>;

export const parameterNames = Object.keys(parameterList) as ParameterName[];
export const defaultParameters = Object.fromEntries(
  parameterNames.map((name) => [name, parameterList[name].value]),
) as Parameters;

const properties = Object.fromEntries(
  parameterNames.map((name) => {
    const { least: minimum, most: maximum, ...rest }: Parameter = parameterList[name];
    return [name, Type.Optional(rest.whole ? Type.Integer({ minimum, maximum }) : Type.Number({ minimum, maximum }))];
  }),
);

/** Reads parameters as YAML or JSON; those that it does not name are as by default, and unknown names are errors. */
export const readParameters: (source: unknown) => Reading<Partial<Parameters>> = documentReader<Partial<Parameters>>(
  Type.Object(properties, { additionalProperties: false }),
  (document, report) => {
    const { notQualified, incomplete, dealLeast, dealMost, followUpBest, followUpLeast, hoursBest, hoursWorst } = {
      ...defaultParameters,
      ...document,
    };
    if (notQualified + incomplete > 1) report(['incomplete'], 'with notQualified it is more than all leads');
    if (dealLeast > dealMost) report(['dealLeast'], `is more than dealMost, ${dealMost}`);
    if (followUpLeast > followUpBest) report(['followUpLeast'], `is more than followUpBest, ${followUpBest}`);
    if (followUpBest === 0) report(['followUpBest'], 'must be more than 0: nobody would ever work a lead');
    if (hoursBest > hoursWorst) report(['hoursBest'], `is more than hoursWorst, ${hoursWorst}`);
  },
);

function share(value: number, source: Source, meaning: string) {
  return { value, least: 0, most: 1, source, meaning } as const;
}

function hours(value: number, meaning: string) {
  return { value, least: 0, most: 100_000, source: 'assumed', meaning: `hours ${meaning}` } as const;
}

function skill(meaning: string) {
  return { value: 1, least: 0, most: 100, source: 'assumed', meaning } as const;
}
