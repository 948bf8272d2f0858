// at services/routing/src/index.ts
import { Client } from 'pg'; // ✗ no-restricted-imports
import { DataSource } from 'typeorm'; // ✗ no-restricted-imports

export const lazily = () => import('pg'); // ✗ no-restricted-syntax
export { Client, DataSource };
