import { runServices } from '@fairlead/platform';
import { partnerNotification } from './index.js';

await runServices([partnerNotification]);
