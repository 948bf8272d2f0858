import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Mapping } from '@fairlead/decisions';
import { readFile } from './read-file.js';
import { trainModel } from './study.js';

const unseen = { read: () => undefined, learned: () => undefined };

/** Somebody else's leads, beside the checkout; never part of it. */
function data(name: string): { path: string; given: jest.It; without: string } {
  const path = fileURLToPath(new URL(`../../../../../shared/data/${name}`, import.meta.url));
  const present = existsSync(path);
  return { path, given: present ? it : it.skip, without: present ? '' : ' (skipped: no ../shared/data here)' };
}

async function judged(path: string, mapping: Mapping, exclude: readonly string[], folds: number) {
  const examples = await readFile(path, { mapping, exclude, withoutOutcome: false, onProgress: () => undefined });
  return trainModel(examples, { name: 'm', folds, keepLeaky: false }, unseen);
}

const honest: Mapping = {
  columns: {
    'Prospect ID': 'externalId',
    'Lead Number': 'attributes.number',
    Converted: 'outcome',
    TotalVisits: 'engagement.visits',
    'Total Time Spent on Website': 'engagement.timeOnSite',
    'Page Views Per Visit': 'engagement.pageViews',
    ...Object.fromEntries(
      [
        ...['Lead Origin', 'Lead Source', 'Do Not Email', 'Do Not Call', 'Country', 'Specialization', 'City'],
        ...[
          'How did you hear about X Education',
          'What matters most to you in choosing a course',
          'Search',
          'Magazine',
        ],
        ...['Newspaper Article', 'X Education Forums', 'Newspaper', 'Digital Advertisement', 'Through Recommendations'],
        ...['A free copy of Mastering The Interview', 'Tags'],
      ].map((column) => [column, `attributes.${column}`]),
    ),
  },
};

describe('models of real leads', () => {
  const education = data('xeducation_leads.csv');
  education.given(
    `foresee whose leads become students, better than boosted trees do (AUC .861, Brier .144)${education.without}`,
    async () => {
      const { study, model } = await judged(education.path, honest, [], 4);
      expect(study).toMatchObject({ leads: 4_596, won: 1_805, open: 0 });
      expect(study.auc).toBeGreaterThan(0.861);
      expect(study.brier).toBeLessThan(0.144);
      // Tags are what sales wrote when they knew.
      expect(study.leftOut.map(({ column, why }) => `${column}: ${why}`)).toEqual(
        expect.arrayContaining(['Tags: tells the outcome', 'Lead Number: an id', 'Magazine: always the same']),
      );
      for (const { expected, came } of study.calibration)
        expect(Math.abs((came.value ?? 9) - expected)).toBeLessThan(0.06);
      const rates = study.grades.map(({ won }) => won.value ?? 0);
      expect(rates).toEqual(rates.toSorted((one, other) => other - one));
      expect(model.learned).toMatchObject({ leads: 4_596, won: 1_805 });
    },
    180_000,
  );

  const bank = data('bank_additional_full.csv');
  bank.given(
    `foresee who takes a bank's offer, without knowing how long the call was${bank.without}`,
    async () => {
      const columns = ['age', 'job', 'marital', 'education', 'default', 'housing', 'loan', 'contact', 'month'];
      const figures = ['day_of_week', 'campaign', 'pdays', 'previous', 'poutcome', 'euribor3m', 'nr.employed'];
      const indices = ['emp.var.rate', 'cons.price.idx', 'cons.conf.idx'];
      const mapped = [...columns, ...figures, ...indices].map((column) => [column, `attributes.${column}`] as const);
      const mapping = { columns: { ...Object.fromEntries(mapped), y: 'outcome' } };
      const { study } = await judged(bank.path, mapping, [], 2);
      expect(study).toMatchObject({ leads: 20_577, won: 2_293 });
      expect(study.auc).toBeGreaterThan(0.785);
      expect(study.brier).toBeLessThan(0.0785);
      expect(study.warnings).toContain('Not in the mapping, and left out: duration.');
    },
    180_000,
  );
});
