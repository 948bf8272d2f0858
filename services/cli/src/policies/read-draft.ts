import { readPolicyDraft } from '@fairlead/decisions';
import { readDocument } from '../log/read-otherwise.js';

type Draft = Extract<ReturnType<typeof readPolicyDraft>, { readonly ok: true }>;

/**
 * Reads a policy from a file, which may still lack what it needs to be put in force.
 * @returns also in which line of the file something of it stands, where that is known
 * @throws CommandFailed that names the lines with an error
 */
export function readDraft(file: string): { readonly document: Draft['document']; readonly lineOf: Draft['lineOf'] } {
  const found: { lineOf?: Draft['lineOf'] } = {};
  const document = readDocument(file, 'policy', (source) => {
    const reading = readPolicyDraft(source);
    if (reading.ok) found.lineOf = reading.lineOf;
    return reading;
  });
  return { document, lineOf: found.lineOf };
}
