import { engine, type Preview, type PreviewMaterial, previewOf, rulesOf } from '@fairlead/decisions/preview';
import type { Schemas } from '../api/schemas.js';

/** What the worker answers: the preview and by what it was made, or what went wrong. */
export type Decided =
  | {
      readonly preview: Preview;
      readonly proposed: Named;
      readonly inForce: Named;
      /** Content hashes of the functions that decided here, and of those that decide at the server. */
      readonly engines: { readonly here: string; readonly server: string };
    }
  | { readonly error: string };

type Named = Schemas['PreviewedPolicy'];
type Sent = PreviewMaterial & {
  readonly engine: string;
  readonly proposed: Named;
  readonly inForce: Named;
};

// Apart from the page, which goes on answering while a thousand leads are decided about twice.
self.onmessage = ({ data }: MessageEvent<string>) => self.postMessage(decide(data));

/** @param text  of the answer as it came: read here, since a megabyte of it would hold the page up */
function decide(text: string): Decided {
  try {
    const sent = JSON.parse(text) as Sent;
    const rules = rulesOf(sent);
    for (const side of ['proposed', 'inForce'] as const)
      if (rules[side].policy.hash !== sent[side].hash)
        return { error: `What came as ${sent[side].name} ${sent[side].version} is not what its hash says.` };
    return {
      preview: previewOf(sent, rules),
      proposed: named(sent.proposed),
      inForce: named(sent.inForce),
      engines: { here: engine, server: sent.engine },
    };
  } catch (error) {
    return { error: String(error) };
  }
}

function named({ name, version, hash }: Named): Named {
  return { name, version, hash };
}
