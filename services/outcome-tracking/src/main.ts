import { runServices } from '@fairlead/platform';
import { outcomeTracking } from './index.js';

await runServices([outcomeTracking]);
