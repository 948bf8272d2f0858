import { generateLeads } from '../src/demo/generate-leads.js';
import { type CampaignResult, playCampaign } from '../src/demo/play-campaign.js';
import { MortalServices } from './fixture/mortal-services.js';

/** A campaign has its own clock: offers run out after seconds. On a busy machine it takes more than a minute. */
const TIMEOUT_MS = 180_000;

describe('the sample campaign, on running services', () => {
  let services: MortalServices;
  beforeAll(async () => {
    services = await MortalServices.start();
  }, TIMEOUT_MS);
  afterAll(() => services?.stop());

  const stopping = new AbortController();
  afterAll(() => stopping.abort());

  async function play(seed?: number) {
    let shown = '';
    const result = await playCampaign({
      url: services.url,
      adminKey: services.adminKey,
      dataFolder: services.folder,
      stopping: stopping.signal,
      leads: 150,
      ...(seed !== undefined && { seed }),
      output: { write: (text) => (shown += String(text)) !== '' },
    });
    if (!result) throw new Error('it was stopped');
    return { shown, result };
  }

  it(
    'ends with every lead accounted for, every signature right, and tables of what became of them',
    async () => {
      const { shown, result } = await play();

      const { total, received, merged, held, rejected } = result.leads;
      expect([received + merged + held, rejected]).toEqual([total, 0]);
      expect(total).toBe(150);
      expect(result.webhooks).toMatchObject({ refused: 0 });
      expect(result.answers).toMatchObject({ failed: 0 });

      const { offered, accepted, open } = totals(result.parties);
      expect([offered > 100, open]).toEqual([true, 0]);
      expect(accepted).toBe(result.answers.accepted);

      for (const part of [
        'Direct sales',
        'Alpenblick IT',
        'All partners',
        'promised',
        'Like for like',
        'by better work',
        '/docs',
        'Four things to try',
        'by a person, not by the policy',
      ])
        expect(shown).toContain(part);
    },
    TIMEOUT_MS,
  );

  it(
    'brings new leads when it is played again, and is counted alone',
    async () => {
      const { shown, result } = await play();
      expect(shown).toContain('Sample campaign 2');
      expect(result.leads.received + result.leads.held).toBeGreaterThan(130);
      const { offered, declined, expired } = totals(result.parties);
      expect([offered > 100, offered <= 150 + declined + expired]).toEqual([true, true]);
    },
    TIMEOUT_MS,
  );

  it(
    'sends leads that are recognised as already known, when it is asked for the same ones',
    async () => {
      const again = new Set(generateLeads(150, 2026).map(({ externalId }) => externalId));
      expect(again.size).toBeGreaterThan(130);
      const { result } = await play(2026);
      expect(result.leads).toMatchObject({ received: 0, held: 0, merged: 150 });
    },
    TIMEOUT_MS,
  );
});

function totals(parties: CampaignResult['parties']) {
  const sum = (name: 'offered' | 'accepted' | 'declined' | 'expired' | 'open') =>
    Object.values(parties).reduce((total, grades) => total + (grades['all']?.[name] ?? 0), 0);
  return {
    offered: sum('offered'),
    accepted: sum('accepted'),
    declined: sum('declined'),
    expired: sum('expired'),
    open: sum('open'),
  };
}
