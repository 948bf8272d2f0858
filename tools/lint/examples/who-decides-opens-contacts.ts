// at services/routing/src/index.ts
import * as personalData from '@fairlead/personal-data'; // ✗ @nx/enforce-module-boundaries

export { personalData };
