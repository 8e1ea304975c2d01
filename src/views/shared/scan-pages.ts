/** How engines read a scan page by page. */
import type { DocumentHistory } from '../port/audit.js';

/** Reads pages of `size` keys, each after the last key of the one before, until one is not full. */
export async function* readPages(
  size: number,
  read: (after: string | undefined, limit: number) => Promise<readonly DocumentHistory[]>,
): AsyncGenerator<DocumentHistory, void, undefined> {
  for (let after: string | undefined; ;) {
    const page = await read(after, size);
    yield* page;
    if (page.length < size) return;
    after = page.at(-1)?.key;
  }
}

/** The histories of keys that have no data. */
export function withoutVersions(keys: readonly string[]): readonly DocumentHistory[] {
  return keys.map((key) => ({ key, versions: [] }));
}
