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

/** The lines that come to the same figures from the log alone: the position is in them, so that no other file is needed. */
export function againFrom({ asOf: { at, events } }: TrustAnswer, asked: Asked): readonly string[] {
  const options = Object.entries(asked).map(([name, value]) => ` --${name} ${quoted(value)}`);
  const position = quoted(JSON.stringify({ at, events }));
  return [
    'npx fairlead export --out log && npx fairlead verify log',
    events === null
      ? `npx fairlead trust log${options.join('')}`
      : `echo ${position} | npx fairlead trust log${options.join('')} --as-of -`,
  ];
}

/** Whether all figures are as of the same position: of a running system something may have come in between. */
export function isOfOnePosition({ whole, pools }: Figures): boolean {
  const position = JSON.stringify(whole.asOf);
  return pools.every(({ asOf }) => JSON.stringify(asOf) === position);
}
