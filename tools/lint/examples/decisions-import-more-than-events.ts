// at libs/decisions/src/index.ts
import * as events from '@fairlead/events';
import * as messaging from '@fairlead/messaging'; // ✗ @nx/enforce-module-boundaries
import * as persistence from '@fairlead/persistence'; // ✗ @nx/enforce-module-boundaries
import * as platform from '@fairlead/platform'; // ✗ @nx/enforce-module-boundaries

export const imported = [events, messaging, persistence, platform];
