// at libs/partner-kit/src/index.ts
import { createHmac } from 'node:crypto'; // ✗ no-restricted-imports
import { Webhook } from 'standardwebhooks'; // ✗ no-restricted-imports
import { reasons } from '@fairlead/events'; // ✗ no-restricted-imports @nx/enforce-module-boundaries

export const ask = (url: string) => fetch(url);
export const lazily = () => import('./answers.js'); // ✗ no-restricted-syntax
export const bytes = Buffer.from('body'); // ✗ no-restricted-globals
export const imported = [createHmac, Webhook, reasons];
