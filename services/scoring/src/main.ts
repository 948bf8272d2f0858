import { runServices } from '@fairlead/platform';
import { scoring } from './index.js';

await runServices([scoring]);
