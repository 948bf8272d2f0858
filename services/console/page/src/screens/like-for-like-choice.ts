import { type FigureChoice, readFigureChoice } from '../charts/figure-choice.js';
import { type Period, readPeriod } from './period.js';

export type Conversion = 'won' | 'qualified';

/** Of which leads, and which of the two conversions; leads won, where nothing is said. It stands in the address. */
export type LikeForLikeChoice = Period & FigureChoice & { readonly what?: 'qualified' };

export function readLikeForLikeChoice(search: Record<string, unknown>): LikeForLikeChoice {
  return {
    ...readPeriod(search),
    ...readFigureChoice(search),
    ...(search['what'] === 'qualified' && { what: 'qualified' }),
  };
}
