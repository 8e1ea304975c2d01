import { afterAll, describe, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { openEmbeddedKeyStore } from '../../src/keys/embedded.js';
import { openMongoKeyStore } from '../../src/keys/mongo.js';
import type { KeyStore } from '../../src/keys/port.js';
import { keysConformance, type KeyPlace } from '../conformance/keys.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { mongoForTests } from '../support/engines/secantus.js';
import { temporaryFolder } from '../support/folder.js';

jest.setTimeout(120_000);

const server = await mongoForTests();
afterAll(async () => server?.stop());

function placeOf(open: () => Promise<KeyStore>, remove: () => Promise<void>): KeyPlace {
  const opened: KeyStore[] = [];
  return {
    open: async () => {
      const store = await open();
      opened.push(store);
      return store;
    },
    remove: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await remove();
    },
  };
}

keysConformance('embedded', async () => {
  const folder = temporaryFolder();
  return placeOf(
    () => openEmbeddedKeyStore({ file: join(folder.path, 'keys.db'), create: true }),
    async () => folder.remove(),
  );
});

if (server) {
  keysConformance('MongoDB', async () => {
    const url = server.url();
    return placeOf(
      () => openMongoKeyStore({ url }),
      () => dropDatabase(url),
    );
  });
} else {
  describe('MongoDB: a key store', () => {
    test.skip('needs a server', () => undefined);
  });
}
