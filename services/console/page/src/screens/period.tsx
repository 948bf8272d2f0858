import { Group, Select, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { Schemas } from '../api/schemas.js';
import { useSession } from '../shell/session.js';
import { WordField } from '../shell/word-field.js';
import { AsOf } from './as-of.js';
import { SOURCE } from './lead-filter.js';
import { trustCommands } from './trust-commands.js';

/** What figures are asked for. It stands in the address, so that a colleague who gets it sees the same. */
export interface Period {
  readonly pool?: string;
  readonly from?: string;
  readonly to?: string;
  /** Leads of one source alone. */
  readonly source?: string;
  /** Leads that have had so many days, and only what happened within them: young and old are then not mixed. */
  readonly age?: number;
  /** By what leads are alike: `grade`, or one of their attributes. */
  readonly mix?: string;
}

const POOL = {
  shape: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  says: 'The id of a pool: letters, digits, . _ and -.',
};
const MIX = /^attributes\..{1,64}$/;
const ALIKE_BY = { shape: /^(?:grade|attributes\..{1,64})$/, says: 'grade, or attributes. and the name of one.' };
const AGES = [7, 14, 30, 60, 90];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function readPeriod(search: Record<string, unknown>): Period {
  const { pool, from, to, source, age, mix } = search;
  return {
    ...(typeof pool === 'string' && POOL.shape.test(pool) && { pool }),
    ...(typeof from === 'string' && DAY.test(from) && { from }),
    ...(typeof to === 'string' && DAY.test(to) && { to }),
    ...(typeof source === 'string' && SOURCE.shape.test(source) && { source }),
    ...(AGES.includes(Number(age)) && { age: Number(age) }),
    ...(typeof mix === 'string' && MIX.test(mix) && { mix }),
  };
}

/** What a filter does not say is not in the address, where something else may be. */
const blank: Record<keyof Period, undefined> = {
  ...{ pool: undefined, from: undefined, to: undefined },
  ...{ source: undefined, age: undefined, mix: undefined },
};

export function PeriodFilter({ period, at }: { period: Period; at: '/promise' | '/like-for-like' }) {
  const navigate = useNavigate();
  const change = (changed: Record<string, string | null>) =>
    void navigate({
      to: at,
      search: ((before: object) => ({ ...before, ...blank, ...readPeriod({ ...period, ...changed }) })) as never,
      replace: true,
    });
  return (
    <Group gap="sm" align="start" className="no-print" role="search" aria-label="Which figures">
      <WordField
        label="Pool"
        placeholder="all"
        description="or legacy: closed elsewhere"
        value={period.pool}
        allowed={POOL}
        take={(pool) => change({ pool })}
        width={140}
      />
      <TextInput
        label="From"
        type="date"
        value={period.from ?? ''}
        onChange={(event) => change({ from: event.currentTarget.value })}
      />
      <TextInput
        label="To"
        type="date"
        value={period.to ?? ''}
        onChange={(event) => change({ to: event.currentTarget.value })}
      />
      <WordField
        label="Source"
        placeholder="all"
        value={period.source}
        allowed={SOURCE}
        take={(source) => change({ source })}
        width={140}
      />
      <Select
        label="Age"
        placeholder="any"
        clearable
        data={AGES.map((age) => ({ value: String(age), label: `${age} days` }))}
        value={period.age === undefined ? null : String(period.age)}
        onChange={(age) => change({ age })}
        w={110}
      />
      {at === '/like-for-like' ? (
        <WordField
          label="Alike by"
          placeholder="grade"
          description="or attributes.size"
          value={period.mix}
          allowed={ALIKE_BY}
          take={(mix) => change({ mix })}
          width={170}
        />
      ) : null}
    </Group>
  );
}

/** What figures of this period stand on: the log alone is enough to come to them. */
export function TrustAsOf({ figures, period }: { figures: Schemas['TrustView']; period: Period }) {
  const { partner } = useSession();
  const { asOf, leftOut } = figures;
  return (
    <>
      {leftOut.length > 0 ? (
        <Text size="sm" c="dimmed">
          Deals that were closed elsewhere are not among them: the pool {leftOut.join(', ')} has those.
        </Text>
      ) : null}
      <AsOf asOf={asOf} who="Anybody who has the log" commands={trustCommands(period, asOf, partner)} />
    </>
  );
}
