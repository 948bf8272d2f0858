/** Ids of a page: little is ever empty, and few are made. */
const PAGE = 16_384;

const UUID_LENGTH = 36;
const HYPHEN = 0x2d;
/** The value of a hexadecimal digit by its character code; of any other character -1. */
const digits = new Int8Array(128).fill(-1);
for (const digit of '0123456789abcdef') digits[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/** Half of the slots stay empty, so that hardly any search goes beyond the second. */
const FIRST_SLOTS = 1 << 14;

/**
 * Numbers leads by their ids, in the order in which they come. A UUID takes 16 bytes and a place in a list of numbers, 25 to 35
 * bytes in all and none of them on JavaScript's heap, where a text and its entry in a map take a hundred; any other id takes that.
 */
export class LeadIds {
  count = 0;
  /** Four for each lead; of a lead whose id is none, nothing. */
  private readonly uuids: Uint32Array[] = [];
  /** By the hash of a UUID, or the next free one: a lead, and one more. */
  private slots = new Uint32Array(FIRST_SLOTS);
  private readonly others = new Map<string, number>();
  private readonly otherIds = new Map<number, string>();
  private readonly sought = new Uint32Array(4);
  /** A lead is asked for several times in a row. */
  private lastId = '';
  private lastLead: number | undefined;

  find(id: string): number | undefined {
    if (this.lastLead !== undefined && this.lastId === id) return this.lastLead;
    const lead = parse(id, this.sought) ? this.findUuid(this.sought) : this.others.get(id);
    this.lastId = id;
    this.lastLead = lead;
    return lead;
  }

  /** @param id  that is not here yet */
  add(id: string): number {
    const lead = this.count++;
    const page = (this.uuids[Math.floor(lead / PAGE)] ??= new Uint32Array(PAGE * 4));
    if (parse(id, this.sought)) {
      if (this.count * 2 > this.slots.length) this.grow();
      page.set(this.sought, (lead % PAGE) * 4);
      this.slots[this.slotOf(this.sought)] = lead + 1;
    } else {
      this.others.set(id, lead);
      this.otherIds.set(lead, id);
    }
    return lead;
  }

  at(lead: number): string {
    const other = this.otherIds.get(lead);
    if (other !== undefined) return other;
    const hex = Array.from(this.uuidOf(lead), (word) => word.toString(16).padStart(8, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  private findUuid(uuid: Uint32Array): number | undefined {
    const found = this.slots[this.slotOf(uuid)] as number;
    return found === 0 ? undefined : found - 1;
  }

  /** Where it is, or where it belongs. */
  private slotOf(uuid: Uint32Array): number {
    const mask = this.slots.length - 1;
    // The words of one that was derived or drawn are random; whoever chooses ids can make this slow for their own replay, and no more.
    let slot =
      Math.imul((uuid[0] as number) ^ (uuid[2] as number), 0x9e3779b1) ^ (uuid[1] as number) ^ (uuid[3] as number);
    for (slot = (slot ^ (slot >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const found = this.slots[slot] as number;
      if (found === 0 || this.isOf(found - 1, uuid)) return slot;
    }
  }

  private isOf(lead: number, uuid: Uint32Array): boolean {
    const page = this.uuids[Math.floor(lead / PAGE)] as Uint32Array;
    const at = (lead % PAGE) * 4;
    return page[at] === uuid[0] && page[at + 1] === uuid[1] && page[at + 2] === uuid[2] && page[at + 3] === uuid[3];
  }

  private uuidOf(lead: number): Uint32Array {
    return (this.uuids[Math.floor(lead / PAGE)] as Uint32Array).subarray((lead % PAGE) * 4, (lead % PAGE) * 4 + 4);
  }

  private grow(): void {
    const leads = this.slots.filter((found) => found !== 0);
    this.slots = new Uint32Array(this.slots.length * 2);
    for (const found of leads) this.slots[this.slotOf(this.uuidOf(found - 1))] = found;
  }
}

/**
 * Reads a UUID and finds out whether it is one, in a third of the time that an expression takes for that alone.
 * @returns false for any other text, also for one with capitals: in the log that is another lead
 */
function parse(id: string, into: Uint32Array): boolean {
  if (id.length !== UUID_LENGTH) return false;
  let at = 0;
  for (let word = 0; word < 4; word++) {
    let value = 0;
    for (let digit = 0; digit < 8; digit++, at++) {
      if (at === 8 || at === 13 || at === 18 || at === 23) {
        if (id.charCodeAt(at) !== HYPHEN) return false;
        at += 1;
      }
      const code = id.charCodeAt(at);
      const its = code < digits.length ? (digits[code] as number) : -1;
      if (its < 0) return false;
      value = (value << 4) | its;
    }
    into[word] = value;
  }
  return true;
}
