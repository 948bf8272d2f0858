/** A party’s conversion as a plain report has it, and with the same leads for all. */
export interface FromNaiveToAlike {
  readonly name: string;
  readonly side: 'direct' | 'channel';
  readonly n: number;
  readonly naive: number;
  readonly alike: number;
  readonly low: number;
  readonly high: number;
}
