import { afterAll, describe, jest, test } from '@jest/globals';
import { openEmbeddedCheckpoints } from '../../src/views/embedded.js';
import { openMongoCheckpoints } from '../../src/views/mongo.js';
import type { CheckpointStore } from '../../src/views/port/checkpoints.js';
import { checkpointsConformance, type CheckpointPlace } from '../conformance/checkpoints.js';
import { temporaryFolder } from '../support/folder.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { mongoForTests } from '../support/engines/secantus.js';

jest.setTimeout(120_000);

const server = await mongoForTests();
afterAll(async () => server?.stop());

function placeOf(open: () => Promise<CheckpointStore>, remove: () => Promise<void>): CheckpointPlace {
  const opened: CheckpointStore[] = [];
  const opening = async (): Promise<CheckpointStore> => {
    const store = await open();
    opened.push(store);
    return store;
  };
  const close = async (): Promise<void> => {
    for (const store of opened.splice(0)) await store.close();
  };
  return {
    open: opening,
    reopen: async () => {
      await close();
      return opening();
    },
    remove: async () => {
      await close();
      await remove();
    },
  };
}

checkpointsConformance('embedded', async () => {
  const folder = temporaryFolder();
  return placeOf(
    () => openEmbeddedCheckpoints({ file: `${folder.path}/policies.db` }),
    async () => folder.remove(),
  );
});

if (server) {
  checkpointsConformance('MongoDB', async () => {
    const url = server.url();
    const policies = url.replace(/(\w)(\?|$)/, '$1_policies$2');
    return placeOf(
      () => openMongoCheckpoints({ url }),
      () => dropDatabase(policies),
    );
  });
} else {
  describe('MongoDB: checkpoints', () => {
    test.skip('needs a server', () => undefined);
  });
}
