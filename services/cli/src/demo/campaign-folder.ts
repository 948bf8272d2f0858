import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the demo remembers between two campaigns: keys and secrets that are shown only once. */
export interface Remembered {
  /** How many campaigns were begun. */
  readonly campaigns: number;
  /** By party. */
  readonly keys: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

const nothing: Remembered = { campaigns: 0, keys: {}, secrets: {} };

/** The folder `demo` in the data folder. All of it are secrets of fictitious parties: readable by its owner only. */
export class CampaignFolder {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'demo');
  }

  recall(): Remembered {
    try {
      return { ...nothing, ...(JSON.parse(readFileSync(this.#file('demo.json'), 'utf8')) as Partial<Remembered>) };
    } catch {
      return nothing;
    }
  }

  /** Kept as one file for the demo, and each key as a file of its own for `curl`. */
  keep(remembered: Remembered): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    for (const [party, key] of Object.entries(remembered.keys)) this.#write(`${party}.key`, `${key}\n`);
    this.#write('demo.json', `${JSON.stringify(remembered, undefined, 2)}\n`);
  }

  /** The file that holds this party's key. */
  keyFile(party: string): string {
    return this.#file(`${party}.key`);
  }

  #write(name: string, text: string): void {
    const draft = this.#file(`${name}.${process.pid}`);
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, this.#file(name));
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}
