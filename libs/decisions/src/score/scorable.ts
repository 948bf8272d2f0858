import type {
  Consent,
  DataOf,
  LeadCompleted,
  LeadConsentChanged,
  LeadEngaged,
  LeadMerged,
  LeadReceived,
  LeadScored,
  LeadSplit,
} from '@fairlead/events';
import { readMoment } from '../normalise/moment.js';
import { consentStateOf } from '../route/consent.js';
import type { ScorableLead } from './lead-values.js';

/** What a lead may be judged upon, for the first time or again. */
export type ScoreCause = LeadReceived | LeadCompleted | LeadMerged | LeadEngaged | LeadConsentChanged | LeadSplit;

/** What is judged, and what the score tells of the lead beside. */
export interface Scorable {
  readonly lead: ScorableLead;
  /** In the order of the event's fields: a score that is told again comes to the same bytes. */
  readonly told: Pick<
    DataOf<typeof LeadScored>,
    'sourceId' | 'facts' | 'reachable' | 'consentGiven' | 'consent' | 'receivedAt' | 'cause'
  >;
}

/** No score depends on these. */
const unscored: ReadonlySet<string> = new Set(['firstName', 'lastName', 'message']);

export function isScoreCause(event: { readonly type: string }): event is ScoreCause {
  return causes.has(event.type);
}

const causes: ReadonlySet<string> = new Set([
  'lead.received',
  'lead.completed',
  'lead.merged',
  'lead.engaged',
  'lead.consent-changed',
  'lead.split',
]);

const causeOf = {
  'lead.merged': 'merged',
  'lead.engaged': 'engaged',
  'lead.consent-changed': 'consent',
  'lead.split': 'split',
} as const;

/**
 * What there is to judge after this event; undefined: nothing, since the lead is held, or is known no better than before.
 */
export function scorable(event: ScoreCause): Scorable | undefined {
  switch (event.type) {
    case 'lead.received':
      // What ingestion takes for complete is complete; whatever else the model would have liked to know, it names itself.
      return event.data.state === 'complete' ? firstOf(event, [], 'received') : undefined;
    case 'lead.completed':
      return firstOf(event, event.data.missing, 'completed');
    case 'lead.merged':
    case 'lead.engaged':
    case 'lead.consent-changed':
    case 'lead.split': {
      const { known, changed } = event.data;
      if (known?.state !== 'complete' || changed.every((field) => unscored.has(field))) return undefined;
      const { facts, reachable, missing, engagedAt, sourceId, consent, receivedAt } = known;
      const cause = causeOf[event.type];
      return {
        // What is not told of its own counts as done when the lead came in.
        lead: { facts, reachable, missing, engagedAt, occurredAt: receivedAt },
        told: { sourceId, facts, reachable, ...agreed(consent), receivedAt, cause },
      };
    }
  }
}

function firstOf(
  { data, time }: LeadReceived | LeadCompleted,
  missing: readonly string[],
  cause: 'received' | 'completed',
): Scorable {
  const { facts, reachable, sourceId, consent, occurredAt } = data;
  const receivedAt = readMoment(time) ?? 0;
  return {
    lead: { facts, reachable, missing, occurredAt },
    told: { sourceId, facts, reachable, ...agreed(consent), receivedAt, cause },
  };
}

function agreed(consent: Consent | undefined): Pick<DataOf<typeof LeadScored>, 'consentGiven' | 'consent'> {
  return { consentGiven: consent?.given === true, consent: consentStateOf(consent) };
}
