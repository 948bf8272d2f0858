// at libs/messaging/src/index.ts
import * as events from '@fairlead/events';
import * as persistence from '@fairlead/persistence';
import * as decisions from '@fairlead/decisions'; // ✗ @nx/enforce-module-boundaries

export { decisions, events, persistence };
