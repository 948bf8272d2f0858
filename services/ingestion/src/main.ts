import { startServices } from '@fairlead/platform';
import { ingestion } from './index.js';

const running = await startServices([ingestion]);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close());
