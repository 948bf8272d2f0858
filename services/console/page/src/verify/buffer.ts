import { Buffer } from 'buffer';

// The log's own code is Node's; this is all that it takes of Node in a browser, together with node-crypto.ts. To be imported first.
(globalThis as { Buffer?: unknown }).Buffer = Buffer;
