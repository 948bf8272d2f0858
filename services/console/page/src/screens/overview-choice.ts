/** How far back one can look, in minutes. */
export const WINDOWS = [15, 60, 1_440, 10_080] as const;

/** How far back the overview looks; the hour that it begins with, where nothing is said. It stands in the address. */
export interface OverviewChoice {
  readonly minutes?: (typeof WINDOWS)[number];
}

export function readOverviewChoice(search: Record<string, unknown>): OverviewChoice {
  const minutes = WINDOWS.find((each) => each === Number(search['minutes']));
  return minutes === undefined ? {} : { minutes };
}
