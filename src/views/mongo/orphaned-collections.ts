/** Drops collections that belong to no build. */
import type { Db } from 'mongodb';
import { buildName } from '../port/build-identity.js';
import { ownerOf } from './layout.js';
import { registerIn } from './register.js';

/**
 * Drops the collections of builds that are not registered, or have been reset: they were dropped just now, a process ended while it dropped them, or a
 * late writer created them again. Builds are registered before their collections exist, so the register is read after the list of collections.
 */
export async function dropOrphanedCollections(db: Db): Promise<void> {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  const rows = await registerIn(db).find().toArray();
  const kept = new Set(
    rows.flatMap(({ _id: name, builds = {} }) =>
      Object.values(builds).map(({ version, number, generation }) => `${buildName({ name, version, number })} ${generation}`),
    ),
  );
  for (const name of names) {
    const owner = ownerOf(name);
    if (owner && !kept.has(`${owner.build} ${owner.generation}`)) await db.dropCollection(name);
  }
}
