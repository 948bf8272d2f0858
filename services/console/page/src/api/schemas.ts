import type { components } from './schema.js';

/** The shapes of the API, by the names that its own document gives them. Apart from the client, which is not needed to speak of them. */
export type Schemas = components['schemas'];
