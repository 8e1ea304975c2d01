/** A scan part by part, whatever the engine. */
import type { DocumentHistory } from './port.js';

/** Keys that are read at a time. */
export const PART = 500;

/** All that `read` finds, which is asked for so many keys behind the last one until it finds fewer. */
export async function* inParts(
  size: number,
  read: (after: string | undefined, limit: number) => Promise<readonly DocumentHistory[]>,
): AsyncGenerator<DocumentHistory, void, undefined> {
  for (let after: string | undefined; ;) {
    const part = await read(after, size);
    yield* part;
    if (part.length < size) return;
    after = part.at(-1)?.key;
  }
}

/** What there is of keys of which there is nothing. */
export function withoutVersions(keys: readonly string[]): readonly DocumentHistory[] {
  return keys.map((key) => ({ key, versions: [] }));
}

/** The order of keys in every engine: that of their bytes. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
