// What a policy is tried on recent leads with, for whoever does it elsewhere than the service: of `@fairlead/decisions`, the functions that
// decide about a lead that has come in, and what makes documents ready for them.
export { engine } from './engine.js';
export type { Preview, PreviewCount } from './route/preview.js';
export { type PreviewMaterial, previewOf, rulesOf } from './route/preview-material.js';
