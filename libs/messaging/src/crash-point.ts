const named = new Map<string, Set<number>>();
const hits = new Map<string, number>();
for (const each of (process.env['FAIRLEAD_CRASH_AT'] ?? '').split(',').filter(Boolean)) {
  const [, name, nth] = /^([a-z.-]+):([1-9][0-9]*)$/.exec(each) ?? [];
  if (!name) throw new Error(`FAIRLEAD_CRASH_AT: "${each}" is not of the form name:hit, for example outbox.sent:17`);
  named.set(name, (named.get(name) ?? new Set()).add(Number(nth)));
}

/**
 * Every place where a crash is interesting: between two steps that cannot be made one. A test enumerates them, so
 * a place that is not listed here cannot be named in the code.
 */
export const crashPoints = [
  'consumer.claimed', // inbox rows written, handlers not yet called
  'consumer.handled', // effects written, outbox not yet
  'unit.committing', // everything done but what goes out with the commit
  'unit.committed', // committed, nothing published
  'consumer.before-offsets', // effects committed, Kafka not yet told
  'consumer.after-offsets',
  'outbox.read', // about to send
  'outbox.sent', // Kafka has it, the outbox row is still there
  'outbox.removed',
  'parking.parked', // parked and committed, offset not
  'intake.stored', // HTTP intake committed, not answered
  'submission.part', // a part's leads are taken in, nothing is committed
  'submission.gathered', // single leads are stored, and nobody was told
  'submission.taken-in', // all parts are, and it is not written down
  'erasure.begun', // the intention is committed, the lead's key is still there
  'erasure.key-deleted', // the key is gone, nothing is said
  'master-key.rewrapped', // a batch of keys is wrapped by the new master key, others are not
  'master-key.retired', // nobody wraps by the old master key any more, which is still in the file
  'delivery.claimed', // leased to this sender, not sent
  'delivery.sent', // the partner has it, we have not recorded so
  'delivery.recorded',
  'feedback.claimed', // leased to this process, not told
  'feedback.sent', // the source has it, we have not written so
  'audit.placed', // entries have their places, nothing is written yet
  'audit.written', // tiles are written, no checkpoint is
  'audit.published', // a checkpoint is the log's, and not yet where its tiles are
  'rebuild.loaded', // new read models are written beside the old ones
  'rebuild.swapping', // they have taken their place, not committed
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/**
 * Dies here, at once and without clean-up, when FAIRLEAD_CRASH_AT names this point and this is the hit it asks for:
 * `FAIRLEAD_CRASH_AT=outbox.sent:17`. Does nothing otherwise. Makes a crash repeatable where kill -9 is a lottery.
 */
export function crashPoint(name: CrashPoint): void {
  if (named.size === 0) return;
  const hit = (hits.get(name) ?? 0) + 1;
  hits.set(name, hit);
  if (!named.get(name)?.has(hit)) return;
  process.stderr.write(`crash point ${name}, hit ${hit}\n`);
  process.kill(process.pid, 'SIGKILL');
  // The signal is asynchronous; nothing after this point may run.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
