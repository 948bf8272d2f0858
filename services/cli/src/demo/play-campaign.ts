import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import picocolors from 'picocolors';
import { Api, Refused } from '../api/client.js';
import { number } from '../import/progress.js';
import { CampaignFolder } from './campaign-folder.js';
import { type CampaignFigures, readFigures, since, total } from './figures.js';
import { generateLeads } from './generate-leads.js';
import { agreeOnSecrets, connectWebhooks, handOutKeys, introduceVendor, json } from './introduce.js';
import { type Receivers, startReceivers } from './receivers.js';
import { entryLink, type Whom } from '../console/entry-link.js';
import { invitation, type Invitation, likeForLikeTable, partyTable, promiseTable, yearsAhead } from './report.js';
import { noAnswers, Sales, type SalesCounts } from './sales.js';
import { type Sent, sendLeads } from './send-leads.js';
import { bar, type Output, Stage } from './stage.js';
import { override, parties, partners, type Party, policy, vendorName } from './vendor.js';

export interface Campaign {
  /** Of the running system, `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminKey: string;
  /** Where the demo may keep what it must remember between two starts. */
  readonly dataFolder: string;
  /** Aborted when everything is to stop. */
  readonly stopping: AbortSignal;
  /** How many leads are sent. */
  readonly leads?: number;
  /** The same seed sends the same leads; without it every campaign has its own. */
  readonly seed?: number;
  /** At the end webhooks go again to where they went before: for receivers that do not outlive the campaign. */
  readonly leaveWebhooks?: boolean;
  /** Where it is shown; the terminal, unless said. */
  readonly output?: Output;
}

/** What came of it: the system's own figures, and what was seen from outside. */
export interface CampaignResult extends CampaignFigures {
  readonly leads: Sent;
  readonly webhooks: Receivers['counts'];
  readonly answers: SalesCounts;
}

const defaultLeads = 3_000;
const firstSeed = 2026;
/** A service that is restarted is back within seconds; the set-up waits for it rather than break off. */
const PATIENCE = { forMs: 15_000 };
/** After the last lead: two offers that run out, and the calls that follow; what is still open then is shown as open. */
const SETTLE_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 500;
/** Answers that may wait for their turn before no more leads are sent: a second's worth. */
const MAX_BACKLOG = 200;
/** Leads that may be on their way to their first offer; besides those that nobody is offered. */
const MAX_UNDER_WAY = 400;
const OFFERED_TO_NOBODY = 0.1;

/**
 * Plays the sample campaign: a fictitious vendor, its partners and its own sales team, and some thousands of leads. Returns
 * when its table has been shown; its receivers answer until `stopping`.
 */
export async function playCampaign(campaign: Campaign): Promise<CampaignResult | undefined> {
  const { url, adminKey, dataFolder, stopping } = campaign;
  const api = new Api({ url, key: adminKey }, PATIENCE);
  const folder = new CampaignFolder(dataFolder);
  const stage = new Stage(campaign.output ?? process.stdout);
  const play = new Play(campaign, api, folder, stage);
  const end = async (): Promise<void> => {
    await play.close();
    await api.close();
  };
  stopping.addEventListener('abort', () => void end(), { once: true });
  return stopping.aborted ? undefined : play.run();
}

interface NamedAccountShares {
  readonly lists: readonly {
    readonly name: string;
    readonly pools: readonly {
      readonly pool: string;
      readonly grades: readonly { readonly grade: string; readonly taken: number; readonly share: number | null }[];
    }[];
  }[];
}

class Play {
  readonly #sent: Sent = { total: 0, received: 0, merged: 0, held: 0, rejected: 0, completed: 0 };
  /** What this campaign calls the leads, by the ids that they were given. */
  readonly #names = new Map<string, string>();
  readonly #offered = new Set<string>();
  #override: { readonly leadId: string; readonly policyWould: string | null } | undefined;
  readonly #stopping: AbortSignal;
  #receivers: Receivers | undefined;
  #sales: Sales | undefined;
  #before: CampaignFigures | undefined;
  #planned = 0;
  #webhooksBefore: ReadonlyMap<string, string> = new Map();

  constructor(
    private readonly campaign: Campaign,
    private readonly api: Api,
    private readonly folder: CampaignFolder,
    private readonly stage: Stage,
  ) {
    this.#stopping = campaign.stopping;
  }

  async run(): Promise<CampaignResult> {
    const { campaigns } = this.folder.recall();
    const { leads: count = defaultLeads, seed = firstSeed + campaigns } = this.campaign;
    this.#planned = count;
    const leads = generateLeads(count, seed);

    this.#announce(count, campaigns);
    await this.stage.play(
      this.#prepare(seed),
      () => 'publishing the policy, introducing the partners',
      () =>
        `Policy ${picocolors.bold(policy.name)} published, ${partners.length} partners and direct have keys and signed webhooks`,
    );
    await this.stage.play(
      this.#perform(leads),
      () => this.#scene(),
      () => this.#summary(),
    );
    const result = await this.#conclude();
    if (this.campaign.leaveWebhooks) await connectWebhooks(this.api, (party) => this.#webhooksBefore.get(party));
    return result;
  }

  async close(): Promise<void> {
    this.#receivers?.close();
    await this.#sales?.close();
  }

  #announce(count: number, campaigns: number): void {
    const which = campaigns === 0 ? 'Sample campaign' : `Sample campaign ${campaigns + 1}`;
    this.stage.say(picocolors.bold(`${which}: ${vendorName}`));
    this.stage.say(
      picocolors.dim(
        `  ${number(count)} leads from a website, webinars and a trade fair; ${partners.length} partners in three tiers, and the vendor's own sales.`,
      ),
    );
    if (campaigns > 0) {
      this.stage.say(
        picocolors.dim('  Data of earlier campaigns are here: this one brings new leads, and is counted alone.'),
      );
    }
    this.stage.say();
  }

  async #prepare(seed: number): Promise<void> {
    await introduceVendor(this.api);
    const keys = await handOutKeys(this.api, this.folder, (key) => isValid(this.campaign.url, key));
    const { secrets, before } = await agreeOnSecrets(this.api, this.folder);
    this.#webhooksBefore = before;
    this.#stopping.throwIfAborted();
    const nameOf = (leadId: string): string => this.#names.get(leadId) ?? leadId;
    const sales = new Sales(this.campaign.url, keys, seed, nameOf, () => this.#sent.total / this.#planned);
    this.#sales = sales;
    const breaks = new Map(parties.map(({ id, habits }) => [id, habits.breaksAtFirst]));
    const receivers = await startReceivers(secrets, breaks, (offer) => {
      this.#offered.add(offer.leadId);
      sales.work(offer);
    });
    this.#receivers = receivers;
    await connectWebhooks(this.api, (party) => receivers.urlOf(party));
    const remembered = this.folder.recall();
    this.folder.keep({ ...remembered, campaigns: remembered.campaigns + 1 });
    this.#before = await readFigures(this.api);
  }

  async #perform(leads: ReturnType<typeof generateLeads>): Promise<void> {
    await sendLeads(this.api, leads, {
      sent: this.#sent,
      stopping: this.#stopping,
      onLead: (id, { externalId }) => this.#names.set(id, externalId),
      isBehind: () => this.#isBehind(),
    });
    for (
      const until = Date.now() + SETTLE_WITHIN_MS;
      ;
      await pause(LOOK_EVERY_MS, undefined, { signal: this.#stopping })
    ) {
      // At this moment direct may have accepted nothing that it does not work already.
      this.#override ??= await this.#overrideOne();
      if (Date.now() >= until || (await this.#settled())) return;
    }
  }

  /** A person's word against the policy's: one lead of direct's goes to the partner that asked for it. */
  async #overrideOne(): Promise<{ readonly leadId: string; readonly policyWould: string | null } | undefined> {
    for (const leadId of await this.#ours('accepted', override.from)) {
      try {
        const body = json({ to: override.to, reason: override.reason });
        const path = `/v1/leads/${leadId}/override`;
        const { policyWould } = await this.api.call<{ policyWould: string | null }>({ method: 'POST', path, body });
        return { leadId, policyWould };
      } catch (error) {
        // It has become an opportunity in the meantime: the next one, then.
        if (!(error instanceof Refused) || error.status !== 409) throw error;
      }
    }
    return undefined;
  }

  #isBehind(): boolean {
    const { received, completed } = this.#sent;
    const underWay = (received + completed) * (1 - OFFERED_TO_NOBODY) - this.#offered.size;
    return underWay > MAX_UNDER_WAY || (this.#sales?.backlog ?? 0) > MAX_BACKLOG;
  }

  /** Whether every lead has been offered to somebody or to nobody, every offer was answered, and nobody has more to say. */
  async #settled(): Promise<boolean> {
    if (this.#sales?.busy) return false;
    for (const state of ['received', 'held', 'graded', 'incomplete', 'declined', 'expired', 'offered']) {
      if ((await this.#ours(state)).length > 0) return false;
    }
    return true;
  }

  /** Which leads of this campaign are in this state; of very many, some. */
  async #ours(state: string, party?: string): Promise<string[]> {
    const { leads } = await this.api.call<{ leads: { id: string }[] }>({
      method: 'GET',
      path: `/v1/leads?state=${state}&limit=1000${party === undefined ? '' : `&party=${party}`}`,
    });
    return leads.map(({ id }) => id).filter((id) => this.#names.has(id));
  }

  #scene(): string {
    const said = this.#sales?.counts;
    const { total: sent } = this.#sent;
    return (
      `${bar(sent / this.#planned)} ${number(sent)} of ${number(this.#planned)} leads · ` +
      `${number(this.#receivers?.counts.verified ?? 0)} webhooks · ${number(said?.accepted ?? 0)} accepted · ` +
      `${number(said?.opportunities ?? 0)} qualified · ${number(said?.won ?? 0)} won`
    );
  }

  #summary(): string {
    const { verified, refused } = this.#receivers?.counts ?? { verified: 0, refused: 0 };
    const bad = refused > 0 ? `, ${number(refused)} with a wrong signature` : '';
    return `${number(this.#sent.total)} leads sent, ${number(verified)} webhooks with a verified signature${bad}`;
  }

  async #conclude(): Promise<CampaignResult> {
    const figures = since(this.#before ?? { parties: {}, shares: {} }, await readFigures(this.api));
    const lines = [
      '',
      picocolors.bold('  Who got the leads, by grade, and what became of them'),
      '',
      ...partyTable(figures),
      '',
      picocolors.bold('  What was promised of each grade, and what was received'),
      '',
      ...promiseTable(figures),
      '',
      picocolors.bold('  Like for like: of the leads that each accepted, and with the same grades for all'),
      '',
      ...likeForLikeTable(figures),
      '',
      ...(await this.#remarks(figures)).map((line) => picocolors.dim(`  ${line}`)),
      '',
      ...(await this.#invite()),
      '',
      ...yearsAhead(),
      '',
    ];
    for (const line of lines) this.stage.say(line);
    const webhooks = this.#receivers?.counts ?? { verified: 0, refused: 0, failed: 0 };
    const answers = this.#sales?.counts ?? noAnswers;
    return { leads: this.#sent, webhooks, answers, ...figures };
  }

  async #remarks(figures: CampaignFigures): Promise<string[]> {
    const { received, merged, held, rejected, completed } = this.#sent;
    const [declined, expired, open] = (['declined', 'expired', 'open'] as const).map((name) => total(figures, name));
    const unqualified = (await this.#ours('not-qualified')).length;
    const failed = this.#sales?.counts.failed ?? 0;
    const withoutConsent = Object.values(figures.shares).reduce((sum, { noConsent }) => sum + noConsent, 0);
    const unsent = this.#planned - this.#sent.total;
    return [
      ...(unsent > 0 ? [`This machine is busy: ${number(unsent)} of the leads were left out to keep it short.`] : []),
      `${number(received)} leads were taken in at once, ${number(merged)} recognised as already known, ` +
        `${number(rejected)} rejected.`,
      `${number(held)} were held because there was no way to reach them: ${number(completed)} were completed, the others went on ` +
        'without a grade, and say so.',
      `${number(unqualified)} are students, applicants, competitors or press: nobody got them as if they were leads.`,
      `${number(declined ?? 0)} offers were declined and ${number(expired ?? 0)} ran out: each lead went on to the next party.`,
      ...(await this.#namedAccounts()),
      ...(withoutConsent > 0
        ? [
            `${number(withoutConsent)} leads are of people who did not agree to partners: direct has them, outside the promise.`,
          ]
        : []),
      ...(this.#override
        ? [
            `1 lead was given to ${override.toName} by a person, not by the policy, which had given it to ${this.#override.policyWould ?? 'nobody'}; the log ` +
              `says who, and why: "${override.reason}".`,
          ]
        : []),
      'Leads apart: who refuses or returns a lead gets half of its turn back and falls behind its share by the other half, and some leads only one side could take.',
      `${number(this.#receivers?.counts.failed ?? 0)} webhooks met a receiver that was down, and were sent again.`,
      ...(open ? [`${number(open)} offers are still open; they will be answered, or run out.`] : []),
      ...(failed > 0 ? [`${number(failed)} answers did not get through.`] : []),
    ];
  }

  /** What anybody may know of a list: how much it took of each grade, beside its ceiling. */
  async #namedAccounts(): Promise<string[]> {
    const { lists } = await this.api.call<NamedAccountShares>({ method: 'GET', path: '/v1/named-accounts' });
    const [{ id, namedAccounts }] = policy.pools;
    const list = lists.find(({ name }) => name === namedAccounts.list);
    const took = list?.pools
      .find(({ pool }) => pool === id)
      ?.grades.filter(({ taken }) => taken > 0)
      .map(({ grade, share }) => `${((share ?? 0) * 100).toFixed(1)} % of ${grade}`);
    if (!took?.length) return [];
    return [
      `The list of named accounts took ${took.join(', ')} in pool ${id} for direct, outside the promise. Its ceiling is ` +
        `${namedAccounts.ceiling} %: what it names above that was everybody's.`,
    ];
  }

  async #invite(): Promise<string[]> {
    const won = this.#sales?.won;
    const [accepted] = won ? [] : await this.#ours('accepted');
    const leadId = won?.leadId ?? accepted ?? [...this.#names.keys()][0];
    const winner = partners.find(({ id }) => id === won?.party) ?? partners[0];
    const other = partners.find(({ id }) => id !== winner?.id);
    if (leadId === undefined || !winner || !other) return [];
    const adminKeyFile = shortest(join(this.campaign.dataFolder, 'admin-key'));
    return invitation({
      url: this.campaign.url,
      adminKey: process.env['FAIRLEAD_ADMIN_KEY'] ? '$FAIRLEAD_ADMIN_KEY' : `$(cat ${adminKeyFile})`,
      partyKeyFile: shortest(this.folder.keyFile(winner.id)),
      leadId,
      partyName: winner.name,
      other,
      console: await this.#consoleLinks(winner),
    });
  }

  /** One for each of the three who have to see the same. */
  async #consoleLinks({ id: partner, name }: Party): Promise<Invitation['console']> {
    const linkFor = async (who: string, whom: Whom) => ({
      who,
      url: `${this.campaign.url}${(await entryLink(this.api, whom)).path}`,
    });
    return [
      await linkFor('channel manager', { role: 'manager' }),
      await linkFor(name, { role: 'partner', partner }),
      await linkFor('auditor', { role: 'auditor' }),
    ];
  }
}

async function isValid(url: string, key: string): Promise<boolean> {
  const api = new Api({ url, key }, PATIENCE);
  try {
    await api.call({ method: 'GET', path: '/v1/leads?limit=1' });
    return true;
  } catch (error) {
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) return false;
    throw error;
  } finally {
    await api.close();
  }
}

/** A path as one would type it here. */
function shortest(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}
