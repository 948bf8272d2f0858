// at libs/transparency-log/src/index.ts
import * as persistence from '@fairlead/persistence'; // ✗ @nx/enforce-module-boundaries
import * as decisions from '@fairlead/decisions'; // ✗ @nx/enforce-module-boundaries

export const imported = [persistence, decisions];
