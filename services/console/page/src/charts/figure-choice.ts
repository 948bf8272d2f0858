/** Which figures are shown as tables, by their names; it stands in the address. */
export interface FigureChoice {
  readonly tables?: string;
}

const NAMES = /^[a-z]+(?:\.[a-z]+)*$/;

export function readFigureChoice({ tables }: Record<string, unknown>): FigureChoice {
  return typeof tables === 'string' && NAMES.test(tables) ? { tables } : {};
}

export function isTable({ tables }: FigureChoice, name: string): boolean {
  return tables?.split('.').includes(name) ?? false;
}

/** The same, with the figure as a table where it was a chart, or the other way round. */
export function turned(choice: FigureChoice, name: string): FigureChoice {
  const others = choice.tables?.split('.').filter((each) => each !== name) ?? [];
  const all = isTable(choice, name) ? others : [...others, name];
  return all.length === 0 ? {} : { tables: all.join('.') };
}
