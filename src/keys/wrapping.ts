/** How a key is wrapped: format byte 0x01, nonce (12 bytes), AES-256-GCM ciphertext, tag (16 bytes). Its id is authenticated with it. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { MasterKey } from './master-key.js';
import { KeysUnavailable, type WrappedKey } from './port.js';

/** A key of sealed fields. */
export interface Key {
  readonly k: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const FORMAT = 0x01;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const WRAPPED_BYTES = 1 + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

export function newKey(k = randomBytes(12).toString('base64url')): Key {
  return { k, key: randomBytes(KEY_BYTES) };
}

export function wrap({ k, key }: Key, { key: master, fingerprint }: MasterKey): WrappedKey {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', master, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(k));
  const wrapped = Buffer.concat([Buffer.of(FORMAT), nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { k, master: fingerprint, wrapped };
}

/** @throws KeysUnavailable when it was changed, or wrapped in a form that this program does not know */
export function unwrap({ k, wrapped }: WrappedKey, { key: master }: MasterKey): Key {
  if (wrapped[0] !== FORMAT) {
    throw damaged(k, 'it is of a form that this program does not know; a newer version of Daybook may have written it');
  }
  if (wrapped.length !== WRAPPED_BYTES) throw damaged(k, 'part of it is missing');
  const nonce = wrapped.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', master, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(k));
  decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
  try {
    return { k, key: Buffer.concat([decipher.update(wrapped.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()]) };
  } catch {
    throw damaged(k, 'it was changed');
  }
}

function boundTo(k: string): Buffer {
  return Buffer.from(`daybook key ${k}`);
}

function damaged(k: string, how: string): KeysUnavailable {
  return new KeysUnavailable(`The key ${k} of the key store can't be unwrapped: ${how}. Restore the key store from a backup.`);
}
