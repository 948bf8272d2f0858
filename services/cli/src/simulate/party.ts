import { DIRECT } from '@fairlead/decisions';
import type { MarketLead } from './market.js';
import type { Parameters } from './parameters.js';

/** What became of a lead at the party that was given it. Whoever won it had an opportunity. */
export interface Worked {
  readonly worked: boolean;
  readonly qualified: boolean;
  readonly won: boolean;
}

/**
 * Somebody who works leads, and what it has come to expect of them. Direct and partners are of one kind: the same leads would make the
 * same of them, and they differ by their skill and by what they found before, both of which are parameters.
 */
export class SimulatedParty {
  private experienced: number;
  private workedNow = 0;
  private qualifiedNow = 0;

  constructor(
    readonly id: string,
    private readonly parameters: Parameters,
  ) {
    this.experienced = id === DIRECT ? parameters.experienceDirect : parameters.experiencePartners;
  }

  /** Of the leads that it worked, the share that became opportunities: a mean in which later quarters weigh more. */
  get experience(): number {
    return this.experienced;
  }

  /**
   * The chance that it works a lead that it is given. At its best as long as leads are what it expects of them; for each percent that
   * they are worse it works `elasticity` percent less, down to those few who work every lead.
   */
  get followUp(): number {
    const { followUpBest, followUpLeast, elasticity, expected } = this.parameters;
    const short = Math.max(0, 1 - this.experienced / expected);
    return Math.max(followUpLeast, followUpBest * (1 - elasticity * short));
  }

  /** On average, until it first calls: who follows up less is also slower. */
  get hours(): number {
    const { followUpBest, hoursBest, hoursWorst } = this.parameters;
    return hoursBest + (hoursWorst - hoursBest) * (1 - this.followUp / followUpBest);
  }

  /**
   * Works the lead, or lets it lie. It becomes an opportunity by its own quality, as far as it is still warm and can be reached, and by the party's
   * skill; it is won by its quality alone.
   */
  work({ lead, quality, luck }: MarketLead): Worked {
    if (luck.worked >= this.followUp) return { worked: false, qualified: false, won: false };
    const { opportunityAtBest, wonAtBest, coolsInHours, reachIncomplete, skillDirect, skillPartners } = this.parameters;
    const hours = this.hours * (0.5 + luck.hours);
    const warm = coolsInHours / (coolsInHours + hours);
    const reach = lead.state === 'incomplete' ? reachIncomplete : 1;
    const skill = this.id === DIRECT ? skillDirect : skillPartners;
    const qualified = luck.opportunity < quality * opportunityAtBest * warm * reach * skill;
    this.workedNow += 1;
    if (qualified) this.qualifiedNow += 1;
    return { worked: true, qualified, won: qualified && luck.won < quality * wonAtBest };
  }

  /** At the end of a quarter it knows what its leads turned out to be. Of leads that it let lie it knows nothing, and who worked none learns nothing. */
  learn(): void {
    const { memory } = this.parameters;
    if (this.workedNow > 0)
      this.experienced = memory * this.experienced + (1 - memory) * (this.qualifiedNow / this.workedNow);
    this.workedNow = 0;
    this.qualifiedNow = 0;
  }
}
