// The process in which `fairlead start` runs the services when it also looks after the servers: `node serve.ts NAME…`.
import { runServices } from './start/run-services.js';

await runServices(process.argv.slice(2));
