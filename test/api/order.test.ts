/** Lists ordered by money are read in two parts, by conditions that every engine takes of a column that is only declared for orders. */
import { expect, it } from '@jest/globals';
import { Id, MoneyField } from '../../contracts/fields/index.js';
import { readPage } from '../../src/api/graphql/order.js';
import { readModel } from '../../src/kernel/read-model.js';
import { layoutOf as embeddedLayout } from '../../src/views/embedded/layout.js';
import { pageQuery } from '../../src/views/embedded/page.js';
import { layoutOf as mongoLayout } from '../../src/views/mongo/layout.js';
import { condition } from '../../src/views/mongo/where.js';
import type { ListQuery } from '../../src/views/port/query.js';
import type { ViewReader } from '../../src/views/port/store.js';
import { overriding } from '../support/overriding.js';

const model = readModel('bids', { version: 1, description: 'A bid.', columns: { id: Id, price: MoneyField }, sort: ['price'] });
const build = { model, number: undefined };

it.each<[string, (query: ListQuery) => unknown]>([
  ['embedded', (query) => pageQuery(embeddedLayout(build), query, true)],
  ['mongo', ({ where = { kind: 'and', of: [] } }) => condition(mongoLayout(model), where, '_id')],
])('The %s engine orders by money that is no filter', async (_, translate) => {
  const asked: unknown[] = [];
  const list = async (_build: unknown, query: ListQuery) => {
    asked.push(translate(query));
    return { json: '[]', hasNext: false };
  };
  const views = overriding({} as ViewReader, { list });
  await readPage(views, build, { orderBy: [{ column: 'price', descending: false, currency: 'EUR' }], first: 5 });
  expect(asked).toHaveLength(2);
});
