// at libs/events/src/index.ts
import * as decisions from '@fairlead/decisions'; // ✗ @nx/enforce-module-boundaries

export { decisions };
