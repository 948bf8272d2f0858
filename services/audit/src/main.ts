import { runServices } from '@fairlead/platform';
import { audit } from './index.js';

await runServices([audit]);
