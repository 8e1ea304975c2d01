/** Seals fields of an event under a key, so that they can be opened only as part of that event: AES-256-GCM. See docs/log-format.md. */
import { createCipheriv, createDecipheriv, createHmac, randomFillSync } from 'node:crypto';
import type { RecordedEvent, SealedPart } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';
import type { Key } from '../keys/keyring.js';

/** What a sealed part is bound to. */
export type Bound = Pick<RecordedEvent, 'id' | 'stream' | 'type' | 'version'>;

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/** A sealed part can't be opened: it was changed, moved from another event, or sealed by a later program. */
export class InvalidSeal extends KnownError {
  override readonly name = 'InvalidSeal';
  readonly code = 'INVALID_SEAL';

  constructor({ type, stream }: Bound, problem: string) {
    super(`A sealed part of ${type} in ${stream.type} ${stream.id} ${problem}. Compare the log with a backup.`);
  }
}

/** Random bytes are made for many nonces at once: one call for each would take longer than the encryption. */
const pool = Buffer.alloc(NONCE_BYTES * 1024);
let used = pool.length;

function nonce(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += NONCE_BYTES;
  return pool.subarray(used - NONCE_BYTES, used);
}

/** Canonical JSON (RFC 8785) of what the part must not be moved from. */
function boundTo({ id, stream, type, version }: Bound, k: string): Buffer {
  return Buffer.from(JSON.stringify([1, id.toLowerCase(), stream.type, stream.id, type, version, k]));
}

/** @param values plain JSON */
export function seal(values: unknown, { k, key }: Key, event: Bound): SealedPart {
  const iv = nonce();
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(event, k));
  const text = cipher.update(JSON.stringify(values), 'utf8');
  cipher.final();
  const v = Buffer.allocUnsafe(1 + NONCE_BYTES + text.length + TAG_BYTES);
  v[0] = FORMAT;
  iv.copy(v, 1);
  text.copy(v, 1 + NONCE_BYTES);
  cipher.getAuthTag().copy(v, 1 + NONCE_BYTES + text.length);
  return { k, v };
}

/** The values of a part. @throws InvalidSeal */
export function open({ k, v }: SealedPart, key: Buffer, event: Bound): Readonly<Record<string, unknown>> {
  if (v[0] !== FORMAT) throw new InvalidSeal(event, `has format ${v[0] ?? 'none'}, which this program does not know`);
  if (v.length < 1 + NONCE_BYTES + TAG_BYTES) throw new InvalidSeal(event, 'is cut off');
  const decipher = createDecipheriv(ALGORITHM, key, v.subarray(1, 1 + NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(event, k));
  decipher.setAuthTag(v.subarray(v.length - TAG_BYTES));
  let text: string;
  try {
    text = decipher.update(v.subarray(1 + NONCE_BYTES, v.length - TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    throw new InvalidSeal(event, 'was changed, or belongs to another event');
  }
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

/** HMAC-SHA256 of a text, in hex. */
export function keyedHash(text: string, key: Buffer): string {
  return createHmac('sha256', key).update(text).digest('hex');
}
