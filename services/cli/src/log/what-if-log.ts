import { WhatIf, type WhatIfResult } from '@fairlead/decisions';
import { decodeEvent } from '@fairlead/events';
import { type OtherFiles, readOtherwise } from './read-otherwise.js';
import { eachEntry, type JudgedBy, verifyFolder } from './verify-folder.js';

/**
 * Decides the leads of an exported log under what the files say, and verifies it on the way.
 * @throws CommandFailed for a file or a log that is not what it should be
 */
export async function whatIfLog(
  dir: string,
  files: OtherFiles & JudgedBy,
  onProgress: (done: number, of: number) => void,
): Promise<WhatIfResult> {
  const whatIf = new WhatIf(readOtherwise(files));
  // Every event is held against its schema: what would be told of a wrong one might pass for a finding.
  const onEntries = eachEntry((entry) => whatIf.read(decodeEvent(entry)));
  await verifyFolder(dir, files, { onEntries, onProgress });
  return whatIf.end();
}
