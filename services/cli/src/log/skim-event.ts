import { allEvents, type EventDefinition, type FairleadEvent } from '@fairlead/events';
import { readEvent } from './read-event.js';

/**
 * Reads as much of an event's data as somebody needs.
 * @param text  the event
 * @param at  where its data begins
 * @returns undefined where the data is not laid out as it is written today
 */
export type ReadData = (text: string, at: number) => unknown;

/** How to read the data of some types of events, whose data is large; the others are read whole, which is quicker then. */
export type Skim = ReadonlyMap<string, ReadData>;

/**
 * An event with as much of its data as `skim` reads. Reading JSON is most of what a replay does, and of its bytes two thirds say
 * what it need not know: the envelope, and what decisions tell about themselves. So the envelope is not read but compared with how
 * this version writes it, and of the data a part is read. Whatever is laid out otherwise is read whole: what comes out is never
 * anything else than what `readEvent` reads.
 *
 * That holds for JSON in which no object has a key twice, which is all that Fairlead writes.
 * @param text  the entry as text
 */
export function skimEvent(entry: Buffer, text: string, skim: Skim): FairleadEvent {
  return skimmed(entry, text, skim) ?? readEvent(entry, text);
}

interface Layout {
  readonly type: string;
  /** What stands between the time and the key. */
  readonly afterTime: string;
}

const layouts = new Map(allEvents.map((definition) => [definition.type, layoutOf(definition)]));

function layoutOf({ type, dataschema }: EventDefinition): Layout {
  return { type, afterTime: `","datacontenttype":"application/json","dataschema":"${dataschema}","partitionkey":"` };
}

const BEFORE_ID = '{"specversion":"1.0","id":"';
const UUID_LENGTH = 36;
const BEFORE_SOURCE = '","source":"';
const BEFORE_TYPE = '","type":"';
const BEFORE_SUBJECT = '","subject":"';
const BEFORE_TIME = '","time":"';
/** `2026-01-27T11:47:09.733Z` */
const TIME_LENGTH = 24;
const BEFORE_TRACE = '","traceparent":"';
const BEFORE_DATA = '","data":';

function skimmed(entry: Buffer, text: string, skim: Skim): FairleadEvent | undefined {
  const idAt = BEFORE_ID.length;
  const idEnd = idAt + UUID_LENGTH;
  if (!text.startsWith(BEFORE_ID) || !text.startsWith(BEFORE_SOURCE, idEnd)) return undefined;
  const sourceEnd = text.indexOf('"', idEnd + BEFORE_SOURCE.length);
  if (!text.startsWith(BEFORE_TYPE, sourceEnd)) return undefined;
  const typeAt = sourceEnd + BEFORE_TYPE.length;
  const typeEnd = text.indexOf('"', typeAt);
  const type = text.slice(typeAt, typeEnd);
  const readData = skim.get(type);
  const layout = layouts.get(type);
  if (!readData || !layout || !text.startsWith(BEFORE_SUBJECT, typeEnd)) return undefined;
  const subjectAt = typeEnd + BEFORE_SUBJECT.length;
  const subjectEnd = text.indexOf('"', subjectAt);
  const timeAt = subjectEnd + BEFORE_TIME.length;
  const timeEnd = timeAt + TIME_LENGTH;
  if (!text.startsWith(BEFORE_TIME, subjectEnd) || !text.startsWith(layout.afterTime, timeEnd)) return undefined;
  const keyAt = timeEnd + layout.afterTime.length;
  const keyEnd = text.indexOf('"', keyAt);
  const traceEnd = text.startsWith(BEFORE_TRACE, keyEnd) ? text.indexOf('"', keyEnd + BEFORE_TRACE.length) : keyEnd;
  // An escaped character in the envelope, which may be a quotation mark.
  const escape = text.indexOf('\\');
  if (!text.startsWith(BEFORE_DATA, traceEnd) || (escape !== -1 && escape < traceEnd)) return undefined;
  const data = dataOf(text, traceEnd + BEFORE_DATA.length, readData);
  if (data === undefined) return undefined;

  // What is kept is copied: a part of a text keeps all of it in memory.
  const isAscii = text.length === entry.length;
  const id = isAscii ? entry.toString('latin1', idAt, idEnd) : copied(text, idAt, idEnd);
  const subject = isAscii ? entry.toString('latin1', subjectAt, subjectEnd) : copied(text, subjectAt, subjectEnd);
  return { id, type: layout.type, subject, time: text.slice(timeAt, timeEnd), data } as FairleadEvent;
}

function dataOf(text: string, at: number, read: ReadData): unknown {
  try {
    return read(text, at);
  } catch {
    // Whoever reads all of it says what is wrong with it.
    return undefined;
  }
}

function copied(text: string, begin: number, end: number): string {
  return JSON.parse(text.slice(begin - 1, end + 1)) as string;
}

/** Reads the data up to a key, and nothing from there on. */
export function upTo(key: string): ReadData {
  const marker = `,"${key}":`;
  return (text, at) => {
    const end = text.indexOf(marker, at);
    return end < 0 ? undefined : (JSON.parse(`${text.slice(at, end)}}`) as unknown);
  };
}

/** Reads the data from a key to another one, which is not read any more. */
export function between(first: string, next: string): ReadData {
  const [begin, end] = [`,"${first}":`, `,"${next}":`];
  return (text, at) => {
    const from = text.indexOf(begin, at);
    const to = text.indexOf(end, from);
    return from < 0 || to < 0 ? undefined : (JSON.parse(`{${text.slice(from + 1, to)}}`) as unknown);
  };
}

/** Reads a part of the data, and the rest of it from a key on. */
export function withRest(read: ReadData, key: string): ReadData {
  const marker = `,"${key}":`;
  return (text, at) => {
    const data = read(text, at);
    const from = text.lastIndexOf(marker);
    if (data === undefined || from < at) return undefined;
    return Object.assign(data as object, JSON.parse(`{${text.slice(from + 1, -1)}`) as unknown);
  };
}
