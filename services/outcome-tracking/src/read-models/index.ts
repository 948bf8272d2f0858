// For whoever folds a log without the service: nothing from here reaches Kafka or HTTP.
export {
  comparedNothing,
  compareReadModels,
  type Comparison,
  type ReadModelPart,
  type ReadModels,
  readModelsOf,
  readReadModels,
} from './compare-read-models.js';
export { dropSecondaryIndexes } from './secondary-indexes.js';
export { type CopyInto, ReadModelsLoad } from './load-read-models.js';
/** Of the tables that they are in. */
export const readModelMigrations = new URL('../../migrations/', import.meta.url);
