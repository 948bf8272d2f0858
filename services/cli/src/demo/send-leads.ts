import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from '../api/client.js';
import type { CampaignLead } from './generate-leads.js';

/** What intake said about the leads. The four add up to what was sent. */
export interface Sent {
  total: number;
  received: number;
  merged: number;
  held: number;
  rejected: number;
}

/** Small enough that the campaign is seen to trickle in, as it would. */
const BATCH = 50;
/** Leads a second, all sources together: a busy day in a quarter of a minute, and half of what two cores take. */
const PACE_PER_SECOND = 250;

/**
 * Sends the leads in their order, at a steady pace, each from its own source.
 * @param onLead told what id each lead was given; a lead that was merged has that of the one already known
 */
export async function sendLeads(
  api: Api,
  leads: readonly CampaignLead[],
  { onLead, sent, stopping }: { onLead: (id: string, lead: CampaignLead) => void; sent: Sent; stopping: AbortSignal },
): Promise<void> {
  const began = Date.now();
  for (let from = 0; from < leads.length; from += BATCH) {
    const batch = leads.slice(from, from + BATCH);
    for (const [source, each] of Map.groupBy(batch, (lead) => lead.source)) {
      stopping.throwIfAborted();
      await sendBatch(api, source, each, onLead, sent);
    }
    const due = began + ((from + batch.length) / PACE_PER_SECOND) * 1_000;
    await pause(Math.max(0, due - Date.now()), undefined, { signal: stopping });
  }
}

async function sendBatch(
  api: Api,
  source: string,
  leads: readonly CampaignLead[],
  onLead: (id: string, lead: CampaignLead) => void,
  sent: Sent,
): Promise<void> {
  const rows = leads.map(({ source: _, ...lead }) => lead);
  const { results } = await api.call<{ results: { index: number; id: string; status: keyof Sent }[] }>({
    method: 'POST',
    path: `/v1/leads?source=${source}`,
    body: { type: 'application/json', text: JSON.stringify(rows) },
    idempotencyKey: crypto.randomUUID(),
  });
  for (const { index, id, status } of results) {
    const lead = leads[index];
    sent.total += 1;
    sent[status] += 1;
    if (lead && status !== 'rejected') onLead(id, lead);
  }
}
