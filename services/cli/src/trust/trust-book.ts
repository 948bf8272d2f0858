import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import { quoted } from '../api/quoted.js';

/** Of all that was asked for, and of each pool by itself. */
export interface Figures {
  readonly whole: TrustAnswer;
  /** None where one pool was asked for, or all is of one, or nobody wants to know. */
  readonly pools: readonly TrustAnswer[];
}

/** Figures to be handed round. */
export interface TrustBook extends Figures {
  /** What works them out again from an export, a line each. */
  readonly again: readonly string[];
}

/** What figures are asked for, by name, as `GET /v1/trust` takes it. */
export type Asked = Readonly<Record<string, string>>;

/** Which pools stand by themselves beside the whole. */
export function poolsApart({ pool, pools }: TrustAnswer): readonly string[] {
  return pool === null && pools.length > 1 ? pools : [];
}

/**
 * The lines that come to the same figures from the log alone: the position is in them, so that no other file is needed.
 * @param command  and its arguments, but for the options
 */
export function againBy(
  command: string,
  { at, events }: TrustAnswer['asOf'],
  options: readonly (readonly [name: string, value?: string])[],
): readonly string[] {
  const named = options.map(([name, value]) => ` --${name}${value === undefined ? '' : ` ${quoted(value)}`}`).join('');
  return [
    'npx fairlead export --out log && npx fairlead verify log',
    events === null
      ? `npx fairlead ${command}${named}`
      : `echo ${quoted(JSON.stringify({ at, events }))} | npx fairlead ${command}${named} --as-of -`,
  ];
}

export function againFrom({ asOf }: TrustAnswer, asked: Asked): readonly string[] {
  return againBy('trust log', asOf, Object.entries(asked));
}

/** Whether all figures are as of the same position: of a running system something may have come in between. */
export function isOfOnePosition({ whole, pools }: Figures): boolean {
  const position = JSON.stringify(whole.asOf);
  return pools.every(({ asOf }) => JSON.stringify(asOf) === position);
}
