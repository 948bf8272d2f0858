import { runServices } from '@fairlead/platform';
import { console } from './index.js';

await runServices([console]);
