/** By PostgreSQL's number for the type of the elements: what every binary array begins with. */
const elementTypes = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int4: 23,
  text: 25,
  json: 114,
  float8: 701,
  uuid: 2950,
  jsonb: 3802,
} as const;
export type ElementType = keyof typeof elementTypes;

/** Dimensions, whether there are nulls, the type; then, of the one dimension, how many and the first one's number. */
const HEADER_BYTES = 20;
const NULL = -1;
/** The only version there is of jsonb's binary form. */
const JSONB_VERSION = 1;

/**
 * A list as PostgreSQL reads it without parsing: an array of one dimension in its binary format. Of a thousand bytes in hex, every
 * backslash and quotation mark escaped on one side and looked for on the other, either side had more work than with all the rest of
 * a row.
 * @returns undefined where an element is not what its type is usually given as: then the driver's own way, which takes more, is right
 */
export function binaryArray(type: ElementType, elements: readonly unknown[]): Buffer | undefined {
  let bytes = HEADER_BYTES;
  let hasNull = 0;
  for (const element of elements) {
    const size = element === null ? 0 : sizeOf(type, element);
    if (size === undefined) return undefined;
    if (element === null) hasNull = 1;
    bytes += 4 + size;
  }
  const array = Buffer.allocUnsafe(bytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(hasNull, 4);
  array.writeInt32BE(elementTypes[type], 8);
  array.writeInt32BE(elements.length, 12);
  array.writeInt32BE(1, 16);
  let at = HEADER_BYTES;
  for (const element of elements) {
    const size = element === null ? NULL : write(array, at + 4, type, element);
    array.writeInt32BE(size, at);
    at += 4 + Math.max(0, size);
  }
  return array;
}

function sizeOf(type: ElementType, element: unknown): number | undefined {
  switch (type) {
    case 'bytea':
      return Buffer.isBuffer(element) ? element.length : undefined;
    case 'text':
    case 'json':
      return typeof element === 'string' ? Buffer.byteLength(element) : undefined;
    case 'jsonb':
      return typeof element === 'string' ? 1 + Buffer.byteLength(element) : undefined;
    case 'uuid':
      return isUuid(element) ? 16 : undefined;
    case 'bool':
      return typeof element === 'boolean' ? 1 : undefined;
    case 'int4':
      return Number.isInteger(element) && (element as number) === ((element as number) | 0) ? 4 : undefined;
    case 'int8':
      return isInt8(element) ? 8 : undefined;
    case 'float8':
      return typeof element === 'number' ? 8 : undefined;
  }
}

/** @returns how many bytes it took */
function write(array: Buffer, at: number, type: ElementType, element: unknown): number {
  switch (type) {
    case 'bytea':
      return (element as Buffer).copy(array, at);
    case 'text':
    case 'json':
      return array.write(element as string, at);
    case 'jsonb':
      array[at] = JSONB_VERSION;
      return 1 + array.write(element as string, at + 1);
    case 'uuid':
      return writeUuid(array, at, element as string);
    case 'bool':
      array[at] = element === true ? 1 : 0;
      return 1;
    case 'int4':
      return array.writeInt32BE(element as number, at) - at;
    case 'int8':
      return array.writeBigInt64BE(BigInt(element as number | string), at) - at;
    case 'float8':
      return array.writeDoubleBE(element as number, at) - at;
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isUuid(element: unknown): boolean {
  return typeof element === 'string' && UUID.test(element);
}

/** As the driver gives positions: a text; beyond 18 digits PostgreSQL may say itself that it does not fit. */
function isInt8(element: unknown): boolean {
  return typeof element === 'string' ? /^-?\d{1,18}$/.test(element) : Number.isSafeInteger(element);
}

/** The value of a hexadecimal digit by its character code. */
const digits = new Uint8Array(128);
for (const digit of '0123456789abcdefABCDEF') digits[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

function writeUuid(array: Buffer, at: number, uuid: string): number {
  let to = at;
  for (let from = 0; from < 36; from += 2) {
    if (from === 8 || from === 13 || from === 18 || from === 23) from += 1;
    array[to++] = ((digits[uuid.charCodeAt(from)] as number) << 4) | (digits[uuid.charCodeAt(from + 1)] as number);
  }
  return 16;
}
