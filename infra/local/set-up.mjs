// What the embedded Kafka needs before its first start, as steps that tools/bootstrap.cjs shows:
//   set-up.mjs check start|test[-java]   prints "missing <step> <title>" for each step that has work to do
//   set-up.mjs java|jars|archive         does it, printing "note <text>" as it goes, or "problem <sentence>" and exit 1
import { fetchJava, findJava } from './java.mjs';
import { NO_JAVA, hasClassArchive, prepareClassArchive } from './kafka.mjs';
import { engineAnswers } from './kafka-in-docker.mjs';
import { JARS_BYTES, JARS_COUNT, KAFKA_VERSION, classPath, fetchJars } from './kafka-jars.mjs';
import { PlainProblem } from './plain-problem.mjs';

const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const note = (/** @type {string} */ text) => console.log(`note ${text}`);

/** @type {Record<string, () => Promise<void>>} */
const steps = {
  async java() {
    note('none here, fetching one with pip');
    const java = fetchJava();
    if (!java) throw new PlainProblem(NO_JAVA);
    note(`${java.version}, fetched with pip`);
  },

  async jars() {
    await fetchJars((doneBytes) => note(`${megabytes(doneBytes)} of ${megabytes(JARS_BYTES)}`));
    note(`${JARS_COUNT} jars, ${megabytes(JARS_BYTES)}`);
  },

  async archive() {
    if (!(await prepareClassArchive())) note('this Java makes none, so Kafka starts in 3 s instead of 1');
  },
};

/** @param {string} what */
function check(what) {
  const purpose = what.replace('-java', '');
  const elsewhere =
    purpose === 'test'
      ? Boolean(process.env.TEST_KAFKA_BROKERS) || process.env.FAIRLEAD_TEST_SERVERS === 'testcontainers'
      : Boolean(process.env.KAFKA_BROKERS);
  if (elsewhere) return;
  const java = findJava();
  if (!java && engineAnswers()) return; // its image brings both
  if (!java) console.log('missing java Java');
  if (what.endsWith('-java')) return;
  if (!classPath()) console.log(`missing jars Kafka ${KAFKA_VERSION}`);
  if (!java || !hasClassArchive(java)) console.log('missing archive Kafka starts once, for its class archive');
}

const [command = '', what = ''] = process.argv.slice(2);
try {
  if (command === 'check') check(what);
  else if (steps[command]) await steps[command]();
  else throw new PlainProblem('usage: set-up.mjs check start|test | java | jars | archive');
} catch (error) {
  console.log(
    `problem ${error instanceof PlainProblem ? error.sentence : String(/** @type {Error} */ (error).stack).replace(/\s+/g, ' ')}`,
  );
  process.exit(1);
}
