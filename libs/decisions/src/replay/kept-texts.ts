/** Keeps texts of some hundred bytes each, for every lead that may still be offered to somebody. */
export interface KeptTexts {
  /** @returns its place */
  append(text: string): number;
  read(place: number): string;
  /** It is not asked for any more. */
  forget?(place: number): void;
}

export class TextsInMemory implements KeptTexts {
  private readonly texts = new Map<number, string>();
  private count = 0;

  append(text: string): number {
    this.texts.set(this.count, text);
    return this.count++;
  }

  read(place: number): string {
    return this.texts.get(place) as string;
  }

  forget(place: number): void {
    this.texts.delete(place);
  }
}
