import { afterAll, describe, jest, test } from '@jest/globals';
import { openMongoViewReader, openMongoViewWriter } from '../../src/views/mongo.js';
import type { ViewReader, ViewWriter } from '../../src/views/port.js';
import { viewsConformance } from '../conformance/views.js';
import { dropDatabase } from '../support/mongo-database.js';
import { mongoForTests } from '../support/secantus.js';

/** The server for tests is slow, and shares its machine with the tests. */
const HISTORIES = 8;
/** Of both ways to read a list as of a moment, each is taken often. */
const NEARBY = 4;
jest.setTimeout(240_000);

const server = await mongoForTests();
afterAll(async () => server?.stop());

if (server) {
  viewsConformance(
    'MongoDB',
    async () => {
      const url = server.url();
      const opened: (ViewReader | ViewWriter)[] = [];
      const opening = <Side extends ViewReader | ViewWriter>(side: Side): Side => {
        opened.push(side);
        return side;
      };
      return {
        writer: async () => opening(await openMongoViewWriter({ url })),
        reader: async () => opening(await openMongoViewReader({ url, nearby: NEARBY })),
        remove: async () => {
          await Promise.all(opened.map((side) => side.close()));
          await dropDatabase(url);
        },
      };
    },
    HISTORIES,
  );
} else {
  describe('MongoDB: read-model store', () => {
    test.skip('needs a server', () => undefined);
  });
}
