/**
 * What deals from elsewhere are counted under. No policy decided them, so nothing was promised of them, and no pool or policy of
 * ours may have the name.
 */
export const LEGACY = 'legacy';
export const LEGACY_POLICY = 'legacy@1';
