/** A document as JSON, as every engine stores it. */
import { messageOf } from '../../kernel/message-of.js';
import type { Document } from '../../kernel/projection.js';

/** @throws TypeError when it can't be written as JSON: it is circular, has a BigInt, or is not an object */
export function jsonOf(document: Document): string {
  const json = stringified(document);
  if (json?.startsWith('{') !== true) throw new TypeError('its JSON is not an object.');
  return json;
}

function stringified(document: Document): string | undefined {
  try {
    return JSON.stringify(document);
  } catch (cause) {
    throw new TypeError(`it can't be written as JSON: ${messageOf(cause)}`, { cause });
  }
}
