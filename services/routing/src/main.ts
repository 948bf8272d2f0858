import { runServices } from '@fairlead/platform';
import { routing } from './index.js';

await runServices([routing]);
