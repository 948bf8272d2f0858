// at services/scoring/src/index.ts
import * as events from '@fairlead/events';
import * as routing from '@fairlead/routing'; // ✗ @nx/enforce-module-boundaries
import * as byPath from '../../ingestion/src/index.js'; // ✗ @nx/enforce-module-boundaries
import * as cli from '../../cli/src/main.js'; // ✗ @nx/enforce-module-boundaries

export { byPath, cli, events, routing };
