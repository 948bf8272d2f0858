import type { LeadAmended, LeadScored } from '@fairlead/events';
import { readEvent } from '../log/read-event.js';
import { eachEntry, verifyFolder } from '../log/verify-folder.js';
import type { Example, Examples } from './examples.js';

/** What a lead came to: an opportunity or a sale; else lost, or given back as worthless. Others still have both before them. */
const WON: ReadonlySet<string> = new Set(['lead.qualified', 'lead.won']);
const ENDED: ReadonlySet<string> = new Set(['lead.lost', 'lead.returned']);

/**
 * Reads an exported log: leads as they were when they were first judged, before anybody had worked them, and what became of
 * them. The log is verified on the way. Leads that nobody took, or whose end is open, have no outcome.
 */
export async function readLog(folder: string, onProgress: (done: number, of: number) => void): Promise<Examples> {
  const leads = new Map<string, { lead: Example['lead']; won: number; ended: number }>();
  await verifyFolder(
    folder,
    {},
    {
      onEntries: eachEntry((entry) => {
        const { type, subject, data } = readEvent(entry);
        const known = leads.get(subject);
        if (type === 'lead.scored' && !known) {
          const { facts, reachable } = data as LeadScored['data'];
          leads.set(subject, { lead: { facts, reachable }, won: 0, ended: 0 });
        } else if (known && type === 'lead.amended') {
          const { was, is } = data as LeadAmended['data'];
          count(known, `lead.${was.type}`, -1);
          if (is) count(known, `lead.${is.type}`, 1);
        } else if (known && type === 'lead.recycled')
          // Returned for what somebody else may make of it: its end is open again.
          known.ended = Math.max(0, known.ended - 1);
        else if (known) count(known, type, 1);
      }),
      onProgress,
    },
  );
  const examples = [...leads].map(([id, { lead, won, ended }]) => ({
    id,
    lead,
    won: won > 0 || (ended > 0 ? false : undefined),
  }));
  // Whether somebody can be reached is told of every lead there.
  const names = new Map([
    ['email', 'an e-mail address'],
    ['phone', 'a phone number'],
  ]);
  return { examples, names, leftOut: [], notUnderstood: [], hasIds: true };
}

function count(lead: { won: number; ended: number }, type: string, by: 1 | -1): void {
  if (WON.has(type)) lead.won += by;
  else if (ENDED.has(type)) lead.ended += by;
}
