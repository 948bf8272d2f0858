// at libs/platform/src/index.ts
import * as routing from '@fairlead/routing'; // ✗ @nx/enforce-module-boundaries

export { routing };
