// For the command that rebuilds the read models.
export {
  CannotRebuild,
  type LogToRebuildFrom,
  rebuildReadModels,
  type Rebuilt,
} from './read-models/rebuild-read-models.js';
