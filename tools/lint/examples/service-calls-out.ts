// at services/outcome-tracking/src/index.ts
import { createServer, STATUS_CODES } from 'node:http';
import { request } from 'node:https'; // ✗ no-restricted-imports
import { Pool } from 'undici'; // ✗ no-restricted-imports

export const ask = (url: string) => fetch(url); // ✗ no-restricted-globals
export { createServer, Pool, request, STATUS_CODES };
