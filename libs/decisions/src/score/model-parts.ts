import { type Static, Type } from '@sinclair/typebox';
import { closed } from '../document/shapes.js';

// What models of every kind are made of.

export const Reason = Type.String({ minLength: 1, maxLength: 200 });
export const Quantity = Type.Number({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });

/**
 * What a factor looks at: a fact (`employees`), what the lead did (`engagement.visits`), what else is known
 * (`attributes.segment`), `reachable.email`, or all engagement together: `total(engagement)` adds its numbers up, each
 * without its decimals, `count(engagement)` counts the kinds of things done.
 */
export const Field = Type.String({
  pattern:
    '^(?:(?:company|companyDomain|country|region|city|industry|employees|revenue|product|emailKind)' +
    '|(?:engagement|attributes)\\.[^\\p{Cc}]{1,64}|reachable\\.(?:email|phone)|(?:total|count)\\(engagement\\))$',
  description: 'a fact such as employees, engagement.visits, attributes.segment, reachable.email, total(engagement)',
});

/** The least score of each grade; what is below C is D. */
export const Grades = closed({
  A: Type.Integer({ minimum: 1, maximum: 100 }),
  B: Type.Integer({ minimum: 1, maximum: 100 }),
  C: Type.Integer({ minimum: 1, maximum: 100 }),
});

const Condition = closed({
  field: Field,
  /** Any of these words. */
  is: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 100 })),
  below: Type.Optional(Quantity),
  /** true: the value is known; false: it is not. */
  known: Type.Optional(Type.Boolean()),
});
export type ConditionDocument = Static<typeof Condition>;

/** A lead for which all conditions of any of these hold is not qualified, whatever its score. */
export function NotQualified(maxItems: number) {
  return Type.Array(closed({ all: Type.Array(Condition, { minItems: 1, maxItems: 10 }), reason: Reason }), {
    maxItems,
  });
}

type Report = (path: readonly (string | number)[], detail: string) => void;

/** Rules that models of every kind follow. */
export function checkCommon(
  { grades, notQualified }: { grades: Static<typeof Grades>; notQualified: Static<ReturnType<typeof NotQualified>> },
  report: Report,
): void {
  if (!(grades.A > grades.B && grades.B > grades.C)) report(['grades'], 'A must need more than B, and B more than C');
  notQualified.forEach(({ all }, index) => {
    all.forEach((condition, position) => {
      const said = [condition.is, condition.below, condition.known].filter((part) => part !== undefined).length;
      if (said !== 1) report(['notQualified', index, 'all', position], 'needs one of: is, below, known');
    });
  });
}
