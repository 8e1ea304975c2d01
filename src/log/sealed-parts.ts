/**
 * The stored form of an event's sealed parts, the same on every engine. For each part, in order: the id of its key (12 bytes), the length of
 * `v` in bytes (4 bytes, unsigned, big-endian), `v`. EventStoreDB has these bytes as base64url without padding. docs/log-format.md describes it.
 */
import { streamName, type RecordedEvent, type SealedPart } from '../kernel/event.js';
import { LogUnavailable } from './port.js';

const KEY_BYTES = 12;
const HEAD_BYTES = KEY_BYTES + 4;
const KEY_ID = /^[\w-]{16}$/;

/** @throws RangeError when there are no parts, a key's id is not 12 bytes as base64url, or `v` is empty. */
export function sealedBytes(parts: readonly SealedPart[]): Uint8Array {
  if (parts.length === 0) throw new RangeError('The list of sealed parts is empty: leave it out when nothing is sealed.');
  const bytes = Buffer.alloc(parts.reduce((sum, { v }) => sum + HEAD_BYTES + v.length, 0));
  let at = 0;
  for (const { k, v } of parts) {
    if (!KEY_ID.test(k)) throw new RangeError('The key id of a sealed part is not 12 bytes as 16 characters of base64url.');
    if (v.length === 0) throw new RangeError('A sealed part is empty.');
    bytes.write(k, at, 'base64url');
    bytes.writeUInt32BE(v.length, at + KEY_BYTES);
    bytes.set(v, at + HEAD_BYTES);
    at += HEAD_BYTES + v.length;
  }
  return bytes;
}

/** The same as base64url, as it is in EventStoreDB's metadata and in the canonical form of an event. */
export function sealedText(parts: readonly SealedPart[]): string {
  return textOf(sealedBytes(parts));
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

/** An event as it is written: its sealed parts are the text. */
export function written<Event extends { readonly sealed?: readonly SealedPart[] }>({
  sealed,
  ...event
}: Event): Omit<Event, 'sealed'> & { readonly sealed?: string } {
  return { ...event, ...(sealed && { sealed: sealedText(sealed) }) };
}

/** Where a list stands, for the message about a damaged one. */
type Place = Pick<RecordedEvent, 'stream' | 'revision'>;

/** The parts of a stored list. @throws LogUnavailable when it is cut or malformed. */
export function partsOfBytes(bytes: Uint8Array, place: Place): readonly SealedPart[] {
  // Views of the bytes: no part is copied.
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: SealedPart[] = [];
  for (let at = 0; at < all.length;) {
    const start = at + HEAD_BYTES;
    const length = start <= all.length ? all.readUInt32BE(at + KEY_BYTES) : 0;
    if (length === 0 || start + length > all.length) throw damaged(place);
    parts.push({ k: all.toString('base64url', at, at + KEY_BYTES), v: bytes.subarray(start, start + length) });
    at = start + length;
  }
  if (parts.length === 0) throw damaged(place);
  return parts;
}

/** The parts of a stored text. @throws LogUnavailable when it is cut or malformed. */
export function partsOfText(text: string, place: Place): readonly SealedPart[] {
  const bytes = new Uint8Array(Buffer.from(text, 'base64url'));
  // The decoder skips characters that are not base64url.
  if (textOf(bytes) !== text) throw damaged(place);
  return partsOfBytes(bytes, place);
}

function damaged({ stream, revision }: Place): LogUnavailable {
  return new LogUnavailable(
    `The sealed parts of event ${revision} of the stream ${streamName(stream)} are damaged: they are cut or malformed. Restore the event log from a backup.`,
  );
}
