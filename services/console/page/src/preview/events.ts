// What the functions that decide about a lead take of `@fairlead/events`, apart from its types. The whole of it checks events with compiled
// schemas, which no browser under our policy may do, and nobody here needs.
export { problemIn } from '../../../../../libs/events/src/plain-json.js';
export { reasons } from '../../../../../libs/events/src/shapes.js';
