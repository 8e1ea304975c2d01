/** Cursors: where a page ended in an order, with a fingerprint of the order. */
import { createHash } from 'node:crypto';
import { BadCursor } from '../port/query-errors.js';

/** A value as engines store it beside a document. */
export type Bound = string | number | null;

/** Identifies an order of a read model, so that cursors of other orders are rejected. It is the same for all builds. */
export function fingerprint(model: string, order: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([model, order]))
    .digest('base64url')
    .slice(0, 8);
}

/** @param place the values that a row is ordered by, its key last */
export function encodeCursor(print: string, place: readonly Bound[]): string {
  return Buffer.from(JSON.stringify([print, ...place])).toString('base64url');
}

/** The values that the cursor's row was ordered by, its key last. @throws BadCursor when it belongs to another order, or is malformed. */
export function decodeCursor(print: string, cursor: string, length: number): readonly Bound[] {
  const [made, ...place] = parse(cursor);
  if (made !== print || place.length !== length || typeof place.at(-1) !== 'string' || !place.every(isBound)) {
    throw new BadCursor('The cursor does not belong to this list: use one from a page of the same list in the same order.');
  }
  return place;
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // Not JSON: not a cursor.
  }
}

function isBound(value: unknown): value is Bound {
  return value === null || typeof value === 'string' || typeof value === 'number';
}
