// at libs/persistence/src/index.ts
import * as events from '@fairlead/events'; // ✗ @nx/enforce-module-boundaries

export { events };
