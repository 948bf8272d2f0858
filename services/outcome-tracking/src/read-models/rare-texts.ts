import type { SpillFile } from '@fairlead/persistence/spill-file';

/** Of those that were asked for last so many are at hand, at least, and twice as many at most: some megabyte. */
const AT_HAND = 2_000;

/**
 * Texts as numbers, of which a log may have as many as leads: most are the same as one a moment ago, and stand in the file once. Those
 * that are the same may have several numbers.
 */
export class RareTexts {
  private recent = { places: new Map<string, number>(), texts: new Map<number, string>() };
  private earlier = this.recent;

  constructor(private readonly file: SpillFile) {}

  numberOf(text: string): number {
    const known = this.recent.places.get(text);
    if (known !== undefined) return known;
    const place = this.earlier.places.get(text) ?? this.file.append(text);
    this.keep(text, place);
    return place;
  }

  at(place: number): string {
    const known = this.recent.texts.get(place);
    if (known !== undefined) return known;
    const text = this.earlier.texts.get(place) ?? this.file.read(place);
    this.keep(text, place);
    return text;
  }

  private keep(text: string, place: number): void {
    if (this.recent.texts.size >= AT_HAND) {
      this.earlier = this.recent;
      this.recent = { places: new Map(), texts: new Map() };
    }
    this.recent.places.set(text, place);
    this.recent.texts.set(place, text);
  }
}
