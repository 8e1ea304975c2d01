/** What builds of read models hold, and whether that is what one made afresh comes to. */
import { expect } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { domain } from '../../../src/domain.js';
import { Projector } from '../../../src/projector/projector.js';
import { buildName, idOf, isOf } from '../../../src/views/port/build-identity.js';
import { servedBuild } from '../../../src/views/serving/versions.js';
import type { Build } from '../../../src/views/port/builds.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../../src/views/embedded.js';
import { logIn, viewReaderIn } from '../engines/engines.js';
import type { Folder } from '../folder.js';
import { everythingIn } from './read-models.js';

/** No build is under way any more, and each, live or retired, holds what a build made afresh in a file comes to, whatever the engines. */
export async function expectBuildsToEqualFreshOnes({ path }: Folder): Promise<void> {
  const file = join(mkdtempSync(join(path, 'afresh-')), 'views.db');
  const [log, reader, writer] = [await logIn(path, { readOnly: true }), await viewReaderIn(path), await openEmbeddedViewWriter({ file })];
  const fresh = await openEmbeddedViewReader({ file, threads: 0 });
  try {
    await new Projector({ log, views: writer, reader: fresh, projections: domain.projections }).catchUp();
    const [records, made] = [await reader.builds(), await fresh.builds()];
    for (const { model } of domain.projections) {
      const builds = records.filter((record) => isOf(record, model));
      expect(builds.map(({ state }) => state).filter((state) => state !== 'retired')).toEqual(['live']);
      const expected = await everythingIn(fresh, servedBuild(made, model));
      for (const { number } of builds) {
        const build: Build = { model, number };
        const name = buildName(idOf(build));
        expect({ name, ...(await everythingIn(reader, build)) }).toEqual({ name, ...expected });
      }
    }
  } finally {
    await fresh.close();
    await writer.close();
    await reader.close();
    await log.close();
  }
}
