import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from '../api/client.js';
import type { CampaignLead } from './generate-leads.js';

/** What intake said about the leads. The four add up to the total. */
export interface Sent {
  total: number;
  received: number;
  merged: number;
  held: number;
  rejected: number;
  /** Of those held: completed in time. */
  completed: number;
}

/** Small enough that the campaign is seen to trickle in, as it would. */
const BATCH = 50;
/** How long marketing takes to find out what a held lead lacks; in the policy it has some seconds. */
const FIND_OUT_MS = 2_000;
/** Leads a second, all sources together: a busy day in a quarter of a minute, and half of what two cores take. */
const PACE_PER_SECOND = 250;
/** A machine that is busy with other things gets more time, but not for ever: what is not sent by then stays unsent. */
const SEND_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;

export interface Sending {
  /** What intake said so far; kept up to date. */
  readonly sent: Sent;
  /** Told what id each lead was given; a lead that was merged has that of the one already known. */
  readonly onLead: (id: string, lead: CampaignLead) => void;
  /** Whether to wait before sending more, because those who work the leads have not caught up. */
  readonly isBehind: () => boolean;
  readonly stopping: AbortSignal;
}

/** Sends the leads in their order, at a steady pace at most, each from its own source. */
export async function sendLeads(api: Api, leads: readonly CampaignLead[], sending: Sending): Promise<void> {
  const { sent, onLead, isBehind, stopping } = sending;
  const began = Date.now();
  const completions: Promise<void>[] = [];
  for (let from = 0; from < leads.length; from += BATCH) {
    const mayWaitUntil = began + SEND_WITHIN_MS;
    while (isBehind() && Date.now() < mayWaitUntil) await pause(LOOK_EVERY_MS, undefined, { signal: stopping });
    if (Date.now() >= mayWaitUntil) break;
    const batch = leads.slice(from, from + BATCH);
    const bySource = [...Map.groupBy(batch, (lead) => lead.source)];
    const answered = await Promise.all(bySource.map(([source, each]) => sendBatch(api, source, each)));
    for (const { id, lead, status } of answered.flat()) {
      sent.total += 1;
      sent[status] += 1;
      if (status !== 'rejected') onLead(id, lead);
      if (status === 'held' && lead.foundOut) completions.push(complete(api, id, lead.foundOut, sent, stopping));
    }
    const due = began + ((from + batch.length) / PACE_PER_SECOND) * 1_000;
    await pause(Math.max(0, due - Date.now()), undefined, { signal: stopping });
  }
  await Promise.all(completions);
}

async function complete(
  api: Api,
  id: string,
  foundOut: NonNullable<CampaignLead['foundOut']>,
  sent: Sent,
  stopping: AbortSignal,
): Promise<void> {
  try {
    await pause(FIND_OUT_MS, undefined, { signal: stopping });
    await api.call({
      method: 'PATCH',
      path: `/v1/leads/${id}`,
      body: { type: 'application/json', text: JSON.stringify(foundOut) },
    });
    sent.completed += 1;
  } catch {
    // Its time was up first and it went on as it was, or everything stops: it is not counted as completed.
  }
}

interface Answered {
  readonly id: string;
  readonly lead: CampaignLead;
  readonly status: 'received' | 'merged' | 'held' | 'rejected';
}

async function sendBatch(api: Api, source: string, leads: readonly CampaignLead[]): Promise<Answered[]> {
  const rows = leads.map(({ source: _, foundOut: __, ...lead }) => lead);
  const { results } = await api.call<{ results: (Omit<Answered, 'lead'> & { index: number })[] }>({
    method: 'POST',
    path: `/v1/leads?source=${source}`,
    body: { type: 'application/json', text: JSON.stringify(rows) },
    idempotencyKey: randomUUID(),
  });
  return results.flatMap(({ index, id, status }) => {
    const lead = leads[index];
    return lead ? [{ id, lead, status }] : [];
  });
}
