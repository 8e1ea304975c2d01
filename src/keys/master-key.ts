/** The master key, which wraps all other keys: its form and its fingerprint. */
import { createHash } from 'node:crypto';

export interface MasterKey {
  /** 16 hexadecimal digits that tell master keys apart and reveal nothing of them. */
  readonly fingerprint: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

export const MASTER_KEY_BYTES = 32;

/** The form of its text, for messages. */
export const MASTER_KEY_FORM = `${MASTER_KEY_BYTES} bytes as base64 text, as \`head -c 32 /dev/urandom | base64\` prints them`;

/** Reads the text of a master key; blanks and line ends around it are ignored. @returns undefined when it is none */
export function parseMasterKey(text: string): MasterKey | undefined {
  const digits = text.trim();
  const key = Buffer.from(digits, 'base64');
  return key.length === MASTER_KEY_BYTES && key.toString('base64') === digits ? masterKeyOf(key) : undefined;
}

function masterKeyOf(key: Buffer): MasterKey {
  const fingerprint = createHash('sha256').update('daybook master key\n').update(key).digest('hex').slice(0, 16);
  return { fingerprint, key };
}
