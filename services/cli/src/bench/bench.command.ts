import { Command, InvalidArgumentError, Option } from 'commander';
import picocolors from 'picocolors';
import { runCommand } from '../api/run-command.js';
import type { ReplayBenchResult } from './replay/replay.js';
import type { Burst, HalfLoad, IngestResult } from './ingest.js';
import type { RoadResult } from './road.js';
import type { CoreResult } from './routing.js';
import type { AdversaryResult, Furthest } from './routing-adversary.js';
import type { TrustBenchResult } from './trust.js';
import type { StatementsResult } from './routing-statements.js';
import type { Latency, Part, WebhooksResult } from './webhooks.js';

/** `fairlead bench road [--seconds N] [--json]`, `… ingest [--seconds N] [--json]`, `… routing [--core | --adversary] [--json]`, `… replay [--events N] [--json]`, `… trust [--leads N] [--json]`, `… webhooks [--only PART | --soak MINUTES] [--json]` */
export function benchCommand(): Command {
  const bench = new Command('bench').description(
    'measures this machine: each figure stands beside its limit or a peer',
  );
  bench
    .command('road')
    .description(
      'leads in by HTTP, through every stage, signed webhooks out: leads a second, and latency at 50 a second',
    )
    .option('--seconds <n>', 'how long each of the two loads is kept up', readSeconds, 20)
    .option('--without-log', 'leaves the log out, to see what it costs')
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nStarts a system of its own on throw-away data and loopback only, durable as in production; takes about two minutes.' +
        '\nMeasure on an idle machine: whatever else runs is measured with it.',
    )
    .action((options: { seconds: number; withoutLog?: true; json?: true }) =>
      runCommand(async () => {
        const { benchRoad } = await import('./road.js');
        const onProgress = (text: string): void => void process.stderr.write(picocolors.dim(`  … ${text}\n`));
        const { seconds, withoutLog } = options;
        const result = await benchRoad({ seconds, onProgress, ...(withoutLog && { withoutLog }) });
        process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(result));
        if (result.lost !== 0 || result.repeated !== 0) process.exitCode = 1;
      }),
    );
  bench
    .command('ingest')
    .description('leads in by HTTP, one by one and as NDJSON, each durable before it is answered: leads a second')
    .option('--seconds <n>', 'how long each of the loads is kept up', readSeconds, 10)
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nStarts PostgreSQL, Kafka and ingestion of its own on throw-away data and loopback only; takes about two minutes.' +
        '\nMeasure on an idle machine: whatever else runs is measured with it, and the sender is part of it.',
    )
    .action((options: { seconds: number; json?: true }) =>
      runCommand(async () => {
        const { benchIngest } = await import('./ingest.js');
        const onProgress = (text: string): void => void process.stderr.write(picocolors.dim(`  … ${text}\n`));
        const result = await benchIngest({ seconds: options.seconds, onProgress });
        process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describeIngest(result));
      }, options),
    );
  bench
    .command('routing')
    .description('decisions a second in the core, SQL statements for each lead, and how far an adversary gets')
    .option('--core', 'decisions a second alone: needs no servers, takes about a minute')
    .option('--adversary', 'instead: how far from its due a party gets when somebody chooses who can take each lead')
    .option('--decisions <n>', 'decisions in each round of each case', readCount(100, 10_000_000), 200_000)
    .option('--rounds <n>', 'rounds, of which the median counts', readCount(1, 101), 7)
    .option('--batches <n>', 'batches of 100 leads, for the SQL statements', readCount(1, 1_000), 20)
    .option('--leads <n>', 'leads that the adversary may use up', readCount(1, 1_000_000), 20_000)
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nThe statements are counted on throw-away data, with PostgreSQL, Kafka and routing started for it on loopback.' +
        '\nMeasure on an idle machine: whatever else runs is measured with it. The adversary needs no clock and takes minutes.',
    )
    .action((options: RoutingOptions) =>
      runCommand(async () => {
        const onProgress = (text: string): void => void process.stderr.write(picocolors.dim(`  … ${text}\n`));
        const result = await benchRouting(options, onProgress);
        process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describeRouting(result));
      }),
    );
  bench
    .command('webhooks')
    .description('webhooks that wait, sent and recorded: how many a second, how long one takes, and what it costs')
    .option('--deliveries <n>', 'how many wait', readCount(1_000, 10_000_000), 50_000)
    .option('--seconds <n>', 'how long each of the even loads is kept up', readSeconds, 20)
    .option(
      '--soak <minutes>',
      'instead: so many minutes of an even load, to see whether CPU and memory stay as they are',
      readCount(1, 1_440),
    )
    .addOption(
      new Option('--only <part>', 'measures this alone').choices(['backlog', 'latency', 'hanging']).conflicts('soak'),
    )
    .option('--profile', 'also where the CPU time of the service goes, which slows it down a little')
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nStarts PostgreSQL, Kafka, partner-notification and a receiver of its own on throw-away data and loopback only; takes about two minutes.' +
        '\nMeasure on an idle machine: whatever else runs is measured with it, and the receiver is part of it.',
    )
    .action((options: WebhooksBenchOptions) =>
      runCommand(async () => {
        const { benchWebhooks } = await import('./webhooks.js');
        const onProgress = (text: string): void => void process.stderr.write(picocolors.dim(`  … ${text}\n`));
        const { deliveries, seconds, only, soak, profile } = options;
        const result = await benchWebhooks({
          ...{ deliveries, seconds, onProgress },
          ...(only && { only }),
          ...(soak !== undefined && { soakMinutes: soak }),
          ...(profile && { profiled: true }),
        });
        process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describeWebhooks(result));
      }),
    );
  bench
    .command('replay')
    .description('verifies and replays a log, and rebuilds the read models from it: seconds and memory')
    .option('--events <n>', 'how many events the log has', readCount(1_000, 100_000_000), 1_000_000)
    .option('--log <dir>', 'an exported log to measure with; where there is none, the simulated one is kept there')
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nThe log is made by the real decisions over a simulated vendor; a million events take half a minute to make and a gigabyte of disk.' +
        '\nMeasure on an idle machine: whatever else runs is measured with it.',
    )
    .action((options: { events: number; log?: string; json?: true }) =>
      runCommand(async () => {
        const { benchReplay } = await import('./replay/replay.js');
        const onProgress = (text: string): void => void process.stderr.write(picocolors.dim(`  … ${text}\n`));
        const result = await benchReplay(options, onProgress);
        process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describeReplay(result));
      }, options),
    );
  bench
    .command('trust')
    .description('the trust reports over a year of leads, and what keeping their counts costs each event')
    .option('--leads <n>', 'how many leads the year has', readCount(1_000, 10_000_000), 1_000_000)
    .option('--data <folder>', 'keep the database there, and measure what an earlier run left')
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nThe leads are folded as the service folds them, into a PostgreSQL of its own on throw-away data; a million take some minutes. With --data they are' +
        '\nfilled in once, and later runs measure the same, whatever --leads says.' +
        '\nMeasure on an idle machine: whatever else runs is measured with it.',
    )
    .action((options: { leads: number; data?: string; json?: true }) =>
      runCommand(async () => {
        const { benchTrust } = await import('./trust.js');
        const onProgress = (text: string): void => void process.stderr.write(picocolors.dim(`  … ${text}\n`));
        const result = await benchTrust(options, onProgress);
        process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describeTrust(result));
      }, options),
    );
  return bench;
}

interface WebhooksBenchOptions {
  readonly deliveries: number;
  readonly seconds: number;
  readonly only?: Part;
  readonly soak?: number;
  readonly profile?: true;
  readonly json?: true;
}

interface RoutingOptions {
  readonly core?: true;
  readonly adversary?: true;
  readonly decisions: number;
  readonly rounds: number;
  readonly batches: number;
  readonly leads: number;
  readonly json?: true;
}

interface RoutingResult {
  readonly core?: CoreResult;
  readonly statements?: StatementsResult;
  readonly adversary?: AdversaryResult;
}

async function benchRouting(options: RoutingOptions, onProgress: (text: string) => void): Promise<RoutingResult> {
  if (options.adversary) {
    const { benchAdversary } = await import('./routing-adversary.js');
    return { adversary: await benchAdversary({ parties: [2, 4, 8, 16, 32, 64], maxLeads: options.leads, onProgress }) };
  }
  const { benchCore } = await import('./routing.js');
  const core = await benchCore({ decisions: options.decisions, rounds: options.rounds, onProgress });
  if (options.core) return { core };
  const { benchStatements } = await import('./routing-statements.js');
  return { core, statements: await benchStatements({ batches: options.batches, onProgress }) };
}

const thousands = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => `${value.toFixed(1)} ms`;

const row = (what: string, found: string, beside: string): string =>
  `  ${what.padEnd(38)} ${found.padStart(12)}   ${picocolors.dim(beside)}\n`;

function describe({ limits, sustained, at50, lost, repeated, profile }: RoadResult): string {
  return [
    `\n${picocolors.bold('The road')}  HTTP in → score → route → signed webhook out, everything on this machine\n`,
    row(
      'leads a second, sustained',
      thousands(sustained.leadsPerSecond),
      'to reach 1,000, then 1,700; Hookdeck Outpost: 1,500–1,700 for delivery alone',
    ),
    row('latency at 50 leads/s, p50', ms(at50.p50), 'to reach 25 ms; Outpost: 28–30 ms for delivery alone'),
    row('latency at 50 leads/s, p99', ms(at50.p99), 'to reach 60 ms; Outpost: 54–60 ms for delivery alone'),
    sustained.statementsPerLead === null
      ? ''
      : row(
          'SQL statements for each lead',
          sustained.statementsPerLead.toFixed(2),
          "to reach 0.5; Odoo's assignment alone: 4.5–7.5",
        ),
    row('lost, repeated', `${lost}, ${repeated}`, 'must be 0, 0'),
    `\n${picocolors.bold('Limits')}  what the parts do alone, in the same run, one client each\n`,
    row('kafkajs, events acknowledged a second', thousands(limits.kafka), 'the road sends about 4 for each lead'),
    row(
      'PostgreSQL, durable rows a second',
      thousands(limits.postgres),
      'transactions of 100 rows, one statement each',
    ),
    row('undici, signed requests a second', thousands(limits.webhooks), 'to the same receiver'),
    ...describeProfile(profile),
    '\n',
  ].join('');
}

function describeIngest({ single, ndjson, limits, profile }: IngestResult): string {
  const fastify = `a bare Fastify that keeps nothing: ${thousands(limits.fastify)}`;
  const halfLoad = ({ p50, p99, perSecond }: HalfLoad): string =>
    row('  at half that load, p50, p99', `${ms(p50)}, ${ms(p99)}`, `${thousands(perSecond)} requests a second, evenly`);
  const afterwards = ({ takenInPerSecond }: Burst): string =>
    row('  until the last one was taken in', thousands(takenInPerSecond), 'leads a second, from the first request on');
  return [
    `\n${picocolors.bold('Leads in, one a request')}  by HTTP, on disk before they are answered; the sender runs on the same machine\n`,
    row('taken in before the answer, a second', thousands(single.takenIn.perSecond), fastify),
    halfLoad(single.takenIn.halfLoad),
    row(
      'accepted (Prefer: respond-async)',
      thousands(single.accepted.perSecond),
      `stored as they were sent, a burst of ${thousands(single.accepted.leads)}; to reach 7,000; ${fastify}`,
    ),
    halfLoad(single.accepted.halfLoad),
    afterwards(single.accepted),
    `\n${picocolors.bold('Leads in, as NDJSON')}  many a request, leads a second\n`,
    row(
      'taken in before the answer',
      thousands(ndjson.takenIn.perSecond),
      `COPY into one table: ${thousands(limits.copy)}; a lead is a row in five`,
    ),
    row(
      'accepted (Prefer: respond-async)',
      thousands(ndjson.accepted.perSecond),
      `stored as they were sent, a burst of ${thousands(ndjson.accepted.leads)}; to reach 30,000`,
    ),
    afterwards(ndjson.accepted),
    `\n${picocolors.bold('Limits')}  what does a part of it alone, in the same run\n`,
    row('bare Fastify with ajv, requests a second', thousands(limits.fastify), 'checks a lead, answers, keeps nothing'),
    row(
      'COPY, durable rows a second',
      thousands(limits.copy),
      'one table, one connection; a lead is a row in five tables',
    ),
    ...describeProfile(profile),
    '\n',
  ].join('');
}

function describeWebhooks({ limits, backlog, at50, hanging, soak, profile }: WebhooksResult): string {
  const latency = ({ p50, p99, max }: Latency): string => `${ms(p50)}, ${ms(p99)}; at most ${ms(max)}`;
  const micros = (value: number): string => `${thousands(value)} µs`;
  const [first, last] = [soak?.minutes[0], soak?.minutes.at(-1)];
  return [
    `\n${picocolors.bold('Webhooks out')}  signed, each attempt recorded with the event that says so; the receiver runs on the same machine\n`,
    backlog
      ? row(
          'a backlog drained, webhooks a second',
          thousands(backlog.perSecond),
          `to reach 5,000, then 10,000; Hookdeck Outpost: 1,950–2,360; ${thousands(backlog.deliveries)} to ${backlog.endpoints} endpoints, ${backlog.repeated} repeated`,
        ) +
        row(
          'CPU for each webhook',
          micros(backlog.cost.service),
          `of the service; of everything: ${micros(backlog.cost.machine)}`,
        )
      : '',
    at50
      ? row(`at ${at50.perSecond} a second, p50`, ms(at50.p50), `p99 ${ms(at50.p99)}, from the topic to the partner`)
      : '',
    hanging
      ? row(
          'p99 of those that answer',
          ms(hanging.without.p99),
          `of ${thousands(hanging.endpoints - hanging.hang)} endpoints: p50, p99 ${latency(hanging.without)}`,
        ) +
        row(
          `… while the other ${hanging.hang} hang`,
          ms(hanging.with.p99),
          `to reach at most 2 ×: ${(hanging.with.p99 / hanging.without.p99).toFixed(1)} ×; ${latency(hanging.with)}`,
        )
      : '',
    soak && first && last
      ? row(
          'CPU for each webhook, first minute',
          micros(first.serviceMicros),
          `last of ${soak.minutes.length}: ${micros(last.serviceMicros)}; ${thousands(soak.webhooks)} at ${soak.perSecond} a second`,
        ) +
        row('memory, first minute', `${thousands(first.residentMb)} MB`, `last: ${thousands(last.residentMb)} MB`) +
        row('p99, first minute', ms(first.p99), `last: ${ms(last.p99)}`)
      : '',
    `\n${picocolors.bold('Limits')}  in the same run\n`,
    row(
      'undici, signed requests a second',
      thousands(limits.bareSender),
      'to the same receiver; on another machine 22,000–28,000',
    ),
    ...(profile.length > 0 ? describeProfile(profile) : []),
    '\n',
  ].join('');
}

function describeProfile(profile: RoadResult['profile']): string[] {
  return [
    `\n${picocolors.bold('Where the CPU time of the services goes')}\n`,
    ...profile
      .slice(0, 14)
      .map(({ name, seconds, share }) => row(name, `${(share * 100).toFixed(1)} %`, `${seconds.toFixed(1)} s`)),
  ];
}

function describeRouting({ core, statements, adversary }: RoutingResult): string {
  return [
    core ? describeCore(core) : '',
    statements ? describeStatements(statements) : '',
    adversary ? describeAdversary(adversary) : '',
    '\n',
  ].join('');
}

function describeTrust({ leads, events, rows, reports, referenceMs, update }: TrustBenchResult): string {
  return [
    `\n${picocolors.bold('Trust figures')}  over a year of ${thousands(leads)} leads (${thousands(events)} events), from ${thousands(rows.cohorts)} rows of counts and ${thousands(rows.times)} of times\n`,
    ...reports.map(({ what, ms: median, slowestMs }) =>
      row(what, ms(median), `to reach 300 ms; the slowest of five ${ms(slowestMs)}`),
    ),
    row('one event, counted', `${update.counted.toFixed(3)} ms`, 'to reach 1 ms; in batches of a hundred, on disk'),
    `\n${picocolors.bold('Limits')}  in the same run\n`,
    row('the first of them from the offers', ms(referenceMs), 'plain counts, by one statement over all offers'),
    row(
      'one event, not counted',
      `${update.alone.toFixed(3)} ms`,
      `the lead followed alone; ${thousands(update.events)} events`,
    ),
    '\n',
  ].join('');
}

function describeReplay({
  events,
  bytes,
  decisions,
  leads,
  offers,
  seconds,
  memoryMb,
  limits,
}: ReplayBenchResult): string {
  const s = (value: number): string => `${value.toFixed(1)} s`;
  return [
    `\n${picocolors.bold('Replay')}  of ${thousands(events)} events (${thousands(bytes / 1e6)} MB): the log verified, ${thousands(decisions)} decisions compared byte for byte,\n`,
    `        ${thousands(leads)} leads and ${thousands(offers)} offers rebuilt in a PostgreSQL started for it, and hashed\n`,
    row('from start to end', s(seconds), events === 1_000_000 ? 'to reach 15 s, then 8 s' : ''),
    row('events a second', thousands(events / seconds), 'a prototype on one thread, without read models: 84,000'),
    row('memory', `${thousands(memoryMb)} MB`, 'to reach 256 MB; PostgreSQL is not in it'),
    `\n${picocolors.bold('Limits')}  what one thread needs for a part of it alone, for as many events, in the same run\n`,
    row('JSON.parse', s(limits.jsonParse), 'each event is read once by each of two threads'),
    row('SHA-256', s(limits.sha256), 'of each entry; the tree needs as many again, of 65 bytes'),
    row('COPY', s(limits.copy), 'as many rows of about that size into PostgreSQL'),
    '\n',
  ].join('');
}

function describeCore({ figures, growth, load }: CoreResult): string {
  return [
    `\n${picocolors.bold('Decisions a second')}  one lead after the other on one thread, everything in memory: who is considered, chosen, and told why\n`,
    ...figures.map(({ name, perSecond, slowest, fastest, toReach }) =>
      row(
        name,
        thousands(perSecond),
        `to reach ${thousands(toReach)}; rounds ${thousands(slowest)}–${thousands(fastest)}`,
      ),
    ),
    row('100,000 partners cost, against 10', `${growth.times.toFixed(2)} ×`, `to reach ${growth.toReach} × at most`),
    row(
      'load of the machine, before, after',
      `${load.before.toFixed(2)}, ${load.after.toFixed(2)}`,
      'above 1 it had more to do than this',
    ),
  ].join('');
}

function describeStatements({ batchesOf100, odoo }: StatementsResult): string {
  const told = ({ statements, batches }: { statements: number; batches: number }): string =>
    `${thousands(statements)} statements in ${batches} ${batches === 1 ? 'batch' : 'batches'}`;
  return [
    `\n${picocolors.bold('SQL statements of routing for each lead')}  lead.scored in, decisions published; relay, offsets and timers in it\n`,
    row(batchesOf100.name, batchesOf100.perLead.toFixed(3), `to reach ${batchesOf100.toReach}; ${told(batchesOf100)}`),
    ...odoo.map((each) =>
      row(
        each.name,
        each.perLead.toFixed(3),
        `${told(each)}; Odoo's own test allows ${thousands(each.odooAllows)} queries, ${(each.odooAllows / each.leads).toFixed(1)} for each`,
      ),
    ),
    picocolors.dim(
      '  Odoo finds duplicates when it assigns leads, which is in its figures; here they are found at intake, and all leads of these\n' +
        '  cases are decided. Its assignment runs over what has gathered; here leads are decided as they come.\n',
    ),
  ].join('');
}

function describeAdversary({ fixed, random, adversary }: AdversaryResult): string {
  const line = (what: string, { ours, largest, tijdeman }: Furthest, mark: (rule: keyof Furthest) => string): string =>
    `  ${what.padEnd(38)} ${(
      [
        ['ours', ours],
        ['largest', largest],
        ['tijdeman', tijdeman],
      ] as const
    )
      .map(([name, leads]) => `${leads.toFixed(2)}${mark(name)}`.padStart(16))
      .join('')}\n`;
  const none = (): string => ' ';
  return [
    `\n${picocolors.bold('The furthest that a party was from its due')}  in leads\n`,
    picocolors.dim(
      `  ${''.padEnd(38)} ${['ours ', 'largest credit ', 'Tijdeman alone '].map((name) => name.padStart(16)).join('')}\n`,
    ),
    '  The same parties can take every lead, weights\n',
    ...fixed.map(({ weights, furthest }) => line(`  ${weights}`, furthest, none)),
    '  Chance says who can take a lead, weights\n',
    ...random.map(({ weights, furthest }) => line(`  ${weights}`, furthest, none)),
    '  An adversary says who can take a lead, weights\n',
    ...adversary.map(({ parties, weights, furthest, unfinished }) =>
      line(`  ${parties} parties, ${weights}`, furthest, (rule) => (unfinished.includes(rule) ? '+' : ' ')),
    ),
    picocolors.dim('  + the adversary had used up its leads, and might have gone on\n'),
  ].join('');
}

function readCount(from: number, to: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!Number.isInteger(count) || count < from || count > to)
      throw new InvalidArgumentError(`From ${thousands(from)} to ${thousands(to)}.`);
    return count;
  };
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 5 || seconds > 600)
    throw new InvalidArgumentError('From 5 to 600 seconds.');
  return seconds;
}
