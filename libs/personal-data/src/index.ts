export { LeadKeyMissing, LeadWasErased, MasterKeyUnusable, SealBroken } from './errors.js';
export { createMasterKeyFile } from './master-keys.js';
export { PersonalData, type Place } from './personal-data.js';
export {
  openPersonalData,
  PersonalDataModule,
  type PersonalDataSettings,
  readPersonalDataSettings,
} from './personal-data.module.js';
