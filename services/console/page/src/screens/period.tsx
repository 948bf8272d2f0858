import { Group, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';

/** What figures are asked for. It stands in the address, so that a colleague who gets it sees the same. */
export interface Period {
  readonly pool?: string;
  readonly from?: string;
  readonly to?: string;
}

const POOL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function readPeriod(search: Record<string, unknown>): Period {
  const { pool, from, to } = search;
  return {
    ...(typeof pool === 'string' && POOL.test(pool) && { pool }),
    ...(typeof from === 'string' && DAY.test(from) && { from }),
    ...(typeof to === 'string' && DAY.test(to) && { to }),
  };
}

export function PeriodFilter({ period, at }: { period: Period; at: '/promise' | '/like-for-like' }) {
  const navigate = useNavigate();
  const change = (changed: Partial<Period>) =>
    void navigate({ to: at, search: readPeriod({ ...period, ...changed }), replace: true });
  return (
    <Group gap="sm" align="end" className="no-print" role="search" aria-label="Which figures">
      <TextInput
        label="Pool"
        placeholder="all"
        defaultValue={period.pool ?? ''}
        onBlur={(event) => change({ pool: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') change({ pool: event.currentTarget.value });
        }}
        w={140}
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
    </Group>
  );
}
