// What the tests of the trust figures share.
import fc from 'fast-check';
import type { Stratum } from '../src/trust/stratum.js';

type Counts = Readonly<Record<string, readonly [successes: number, trials: number]>>;

export const strataOf = (counts: Counts): Stratum[] =>
  Object.entries(counts).map(([name, [successes, trials]]) => ({ name, successes, trials }));

/**
 * Bickel, P. J., Hammel, E. A., O’Connell, J. W. (1975): Sex bias in graduate admissions: data from Berkeley. Science 187, 398–404; the six
 * largest departments, as in Freedman, Pisani, Purves: Statistics, and R’s `UCBAdmissions`. Men 44.5 %, women 30.4 %: by the
 * departments that they applied to.
 */
export const berkeley = {
  men: strataOf({ A: [512, 825], B: [353, 560], C: [120, 325], D: [138, 417], E: [53, 191], F: [22, 373] }),
  women: strataOf({ A: [89, 108], B: [17, 25], C: [202, 593], D: [131, 375], E: [94, 393], F: [24, 341] }),
};

/**
 * Charig, C. R. et al. (1986): Comparison of treatment of renal calculi by open surgery, percutaneous nephrolithotomy, and extracorporeal
 * shockwave lithotripsy. BMJ 292, 879–882; by size of stone, as in Julious and Mullee (1994), BMJ 309, 1480–1481.
 */
export const stones = {
  open: strataOf({ small: [81, 87], large: [192, 263] }),
  percutaneous: strataOf({ small: [234, 270], large: [55, 80] }),
};

/** Leads of some of the grades, none of a grade perhaps. */
export const someStrata = () =>
  fc.uniqueArray(
    fc
      .tuple(
        fc.constantFrom('A', 'B', 'C', 'D', 'incomplete'),
        fc.nat(5_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
      )
      .map(([name, trials, share]): Stratum => ({ name, trials, successes: Math.floor(share * trials) })),
    { selector: ({ name }) => name },
  );
