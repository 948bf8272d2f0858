import { startServices } from '@fairlead/platform';
import { outcomeTracking } from './index.js';

const running = await startServices([outcomeTracking]);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close());
