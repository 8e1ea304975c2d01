/** Dropping what belongs to no build. */
import type { Db } from 'mongodb';
import { buildName } from '../builds.js';
import { ownerOf } from './layout.js';
import { registerIn } from './register.js';

/**
 * Drops collections of builds that are not registered, or were emptied since: this process dropped them, or another one ended while it
 * did, or a late writer made them anew. A collection that is listed was registered before, so the register is read after the list.
 */
export async function sweep(db: Db): Promise<void> {
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
