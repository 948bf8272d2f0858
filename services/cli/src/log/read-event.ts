import { allEvents, decodeEvent, type FairleadEvent } from '@fairlead/events';

/** The newest version of each event: what is written so needs no upcast. */
const newest = new Map(allEvents.map((definition) => [definition.type, definition]));

/** An entry as an event; one in an older version as the newest. */
export function readEvent(entry: Buffer, text = entry.toString('utf8')): FairleadEvent {
  const event = JSON.parse(text) as FairleadEvent & { type: string };
  const known = newest.get(event.type);
  if (known === undefined || event.dataschema !== known.dataschema) return decodeEvent(entry);
  // The very string of the definition: whoever asks which type it is compares two pointers and not two texts.
  event.type = known.type;
  return event;
}
