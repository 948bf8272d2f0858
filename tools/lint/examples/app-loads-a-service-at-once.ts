// at services/cli/src/main.ts
import * as routing from '@fairlead/routing'; // ✗ @nx/enforce-module-boundaries

export const later = () => import('@fairlead/scoring');
export { routing };
