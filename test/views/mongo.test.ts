import { afterAll, describe, jest, test } from '@jest/globals';
import { viewsConformance } from '../conformance/views.js';
import { storesOn } from '../support/engines/mongo-store.js';
import { mongoForTests } from '../support/engines/secantus.js';

/** The server for tests is slow, and shares its machine with the tests. */
const HISTORIES = 8;
jest.setTimeout(240_000);

const server = await mongoForTests();
afterAll(async () => server?.stop());

if (server) viewsConformance('MongoDB', storesOn(server), HISTORIES);
else {
  describe('MongoDB: read-model store', () => {
    test.skip('needs a server', () => undefined);
  });
}
