import { documentReader, type Path, type Reading, type Rules } from '../document/read-document.js';
import { LEGACY } from '../history/legacy.js';
import { unknownPlaces } from './places.js';
import { checkPolicy, PolicyDocument, poolsIn } from './policy.js';

// Apart from `policy.ts`, because to read what was in force needs no list of all the places in the world.

/**
 * As `readPolicy`, for a policy that somebody is about to write: every place must exist, and every pool must be one that
 * some lead can belong to. A policy that was taken before this was asked is still read by `readPolicy`.
 */
export function readPolicyDraft(source: unknown): Reading<PolicyDocument> {
  return readDraft(source);
}

const RESERVED = `is what deals from elsewhere are counted under: ${LEGACY} can be no name here`;

const checkDraft: Rules<PolicyDocument> = (document, report, sound) => {
  checkPolicy(document, report, sound);
  if (sound(['name']) && document.name === LEGACY) report(['name'], RESERVED);
  poolsIn(document).forEach((pool, index) => {
    if (sound(['pools', index, 'id']) && pool.id === LEGACY) report(['pools', index, 'id'], RESERVED);
    const at: Path = ['pools', index, 'match'];
    const unknown = (['countries', 'regions'] as const).flatMap((places) =>
      sound([...at, places]) ? unknownPlaces(pool.match[places], [...at, places]) : [],
    );
    for (const { path, detail } of unknown) report(path, detail);
    if (unknown.length > 0 || !sound(at)) return;
    const { countries, regions } = pool.match;
    if (!countries || !regions || countries.length * regions.length === 0) return;
    if (!regions.some((region) => countries.includes(region.slice(0, 2))))
      report(at, `matches nothing: no lead is in ${regions.join(' or ')} and in ${countries.join(' or ')}`);
  });
};

const readDraft = documentReader<PolicyDocument>(PolicyDocument, checkDraft, { onSoundParts: true });
