/** What read models hold, each as one hash, so that what different engines hold can be compared. */
import { createHash } from 'node:crypto';
import { domain } from '../../../src/domain.js';
import type { Position } from '../../../src/kernel/event.js';
import { servedBuild } from '../../../src/views/serving/versions.js';
import type { ViewReader } from '../../../src/views/port/store.js';

export interface Digest {
  readonly documents: number;
  readonly versions: number;
  /** Of the keys, the documents and their kept versions, byte for byte. */
  readonly sha256: string;
}

/**
 * By name of the read model.
 * @param when what is taken for a position, where the positions of different logs are compared
 */
export async function digestsOf(
  views: ViewReader,
  when: (position: Position) => string | number = (position) => position,
): Promise<Readonly<Record<string, Digest>>> {
  const records = await views.builds();
  const digests: Record<string, Digest> = {};
  for (const { model } of domain.projections) {
    const hash = createHash('sha256');
    let [documents, kept] = [0, 0];
    for await (const { key, versions } of views.scan(servedBuild(records, model))) {
      const told = versions.map(({ since, until, document }) => [when(since), until === null ? null : when(until), document]);
      hash.update(JSON.stringify([key, told]));
      documents += 1;
      kept += versions.length;
    }
    digests[model.name] = { documents, versions: kept, sha256: hash.digest('hex') };
  }
  return digests;
}
