/** UUIDs and hashes as SQLite stores them: as bytes when they are in their usual form, otherwise as the text that they are. */

/** The values of hexadecimal digits by their character codes; 255 for other characters. Capital letters are not the usual form. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return value < 0 ? 255 : value;
});

const DASH = 0x2d;

/** Where the digits of a UUID begin, two by two. */
const PAIRS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/** A UUID in lower case, with dashes, as 16 bytes; another text as it is. */
export function uuidToStore(id: string): Uint8Array | string {
  const usual = id.length === 36 && [8, 13, 18, 23].every((at) => id.charCodeAt(at) === DASH);
  return (usual && bytesAt(id, PAIRS)) || id;
}

/** Where the digits of a SHA-256 begin. */
const HASH_PAIRS = Array.from({ length: 32 }, (_, index) => 2 * index);

/** A SHA-256 in hex as 32 bytes; another text as it is. */
export function hashToStore(hash: string): Uint8Array | string {
  return (hash.length === 64 && bytesAt(hash, HASH_PAIRS)) || hash;
}

/** The bytes of pairs of digits; undefined when one is no digit. */
function bytesAt(text: string, pairs: readonly number[]): Uint8Array | undefined {
  const bytes = Buffer.allocUnsafe(pairs.length);
  for (let index = 0; index < pairs.length; index += 1) {
    const at = pairs[index] ?? 0;
    const [high, low] = [DIGITS[text.charCodeAt(at)] ?? 255, DIGITS[text.charCodeAt(at + 1)] ?? 255];
    if (high > 15 || low > 15) return undefined;
    bytes[index] = high * 16 + low;
  }
  return bytes;
}

/** SQL for such a column: hexadecimal digits of bytes, or a colon and the text. Reading bytes themselves is slower. */
export function told(column: string): string {
  return `iif(typeof(${column}) = 'blob', lower(hex(${column})), ':' || ${column})`;
}

/** The UUID or the other text that `told` returned. */
export function uuidFrom(value: string): string {
  return value.startsWith(':') ? value.slice(1) : dashed(value);
}

/** The hash or the other text that `told` returned. */
export function hashFrom(value: string): string {
  return value.startsWith(':') ? value.slice(1) : value;
}

/** @param hex the 32 hexadecimal digits of a UUID */
export function dashed(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
