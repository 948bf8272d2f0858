export { isUnopenable, LeadKeyMissing, LeadWasErased, MasterKeyUnusable, SealBroken } from './errors.js';
export { MasterKeyRotation, openMasterKeyRotation, type RotationStatus } from './master-key-rotation.js';
export { createMasterKeyFile } from './master-keys.js';
export { type OfferLink, OfferLinks } from './offer-links.js';
export { PersonalData, type Place } from './personal-data.js';
export {
  openPersonalData,
  PersonalDataModule,
  type PersonalDataSettings,
  readPersonalDataSettings,
} from './personal-data.module.js';
export { SecretBox } from './secret-box.js';
