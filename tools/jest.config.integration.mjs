import { fileURLToPath } from 'node:url';
import { preset } from './jest.preset.mjs';

/** One worker, where a package does not ask for two: the tests share one PostgreSQL and one Kafka, and some of them starve processes on purpose. */
export default {
  ...preset,
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  maxWorkers: 1,
  testTimeout: 60_000,
  // A test that failed may leave a client that reconnects for ever; the run must end all the same.
  forceExit: true,
  globalSetup: fileURLToPath(new URL('./test-servers.mjs', import.meta.url)),
  globalTeardown: fileURLToPath(new URL('./test-servers-stop.mjs', import.meta.url)),
};
