/** What MongoDB makes of the questions that are put to the read models: each is answered by an index. */
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { MongoClient, type Document as Bson } from 'mongodb';
import { domain } from '../../src/domain.js';
import type { ReadModelSpec } from '../../src/kernel/read-model.js';
import { noProgress } from '../../src/views/port/build-identity.js';
import type { Build } from '../../src/views/port/builds.js';
import { connectionOf } from '../../src/views/mongo/connection.js';
import { MongoViewReader } from '../../src/views/mongo/reader.js';
import { openMongoViewWriter } from '../../src/views/mongo.js';
import type { ViewReader } from '../../src/views/port/store.js';
import type { ListQuery } from '../../src/views/port/query.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { mongoForTests } from '../support/engines/secantus.js';

jest.setTimeout(240_000);

/** The planner of the server for tests takes other turns than MongoDB's where several conditions meet, and never sorts by an index. */
const real = process.env['MONGODB_URL'] !== undefined;
const server = await mongoForTests();
afterAll(async () => server?.stop());

const models = domain.projections.map(({ model }) => model);
const DOCUMENTS = 20;

/** Documents in two versions each. */
async function fill(url: string, model: ReadModelSpec): Promise<Build> {
  const writer = await openMongoViewWriter({ url });
  const build = await writer.begin(model);
  const [lease] = await writer.leases.acquire([model.name], 'tester', 600_000);
  const changes = Array.from({ length: 2 * DOCUMENTS }, (_, index) => {
    const key = `k${index % DOCUMENTS}`;
    const texts = model.columns.filter((column) => column.search).map(({ name }) => [name, `alpha ${index}`]);
    return { key, position: index + 1, document: { id: key, ...Object.fromEntries(texts) } };
  });
  await writer.commit([{ build, from: 0, to: changes.length, changes, lease: lease!, erasures: 0, progress: noProgress }]);
  await writer.finalize(build, lease!);
  await writer.close();
  return build;
}

interface Asked {
  readonly reader: ViewReader;
  readonly build: Build;
  /** The stages of the plans of all that the reader asks of documents meanwhile. */
  readonly stagesOf: (work: () => Promise<unknown>) => Promise<readonly string[]>;
}

async function asking(model: ReadModelSpec, nearby: number, work: (asked: Asked) => Promise<void>): Promise<void> {
  const url = server!.url();
  const build = await fill(url, model);
  const client = new MongoClient(url, { monitorCommands: true });
  const connection = connectionOf(client, url, 'reader');
  const reader = new MongoViewReader(connection, { nearby });
  const stagesOf: Asked['stagesOf'] = async (ask) => {
    const commands: Bson[] = [];
    const note = ({ commandName, command }: { readonly commandName: string; readonly command: Bson }) => {
      const { lsid: _, $clusterTime: __, $db: ___, ...plain } = command;
      if (['find', 'aggregate'].includes(commandName) && plain[commandName] !== 'register') commands.push(plain);
    };
    client.on('commandStarted', note);
    await ask();
    client.off('commandStarted', note);
    expect(commands).not.toEqual([]);
    const plans = await Promise.all(commands.map((explain) => connection.db.command({ explain, verbosity: 'queryPlanner' })));
    return plans.flatMap((plan) => stagesIn(winningPlans(plan)));
  };
  try {
    await work({ reader, build, stagesOf });
  } finally {
    await reader.close();
    await dropDatabase(url);
  }
}

function winningPlans(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === 'winningPlan' ? [inner as unknown] : winningPlans(inner)));
}

function stagesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === 'stage' ? [String(inner)] : stagesIn(inner)));
}

function expectAnIndex(stages: readonly string[], { sorted = false } = {}): void {
  expect(stages).not.toContain('COLLSCAN');
  expect(stages.filter((stage) => stage.includes('IXSCAN')).length).toBeGreaterThan(0);
  if (sorted && real) expect(stages).not.toContain('SORT');
}

const suite = server ? describe : describe.skip;
const moments = [{}, { asOf: DOCUMENTS + 5 }];

suite.each(models.map((model) => [model.name, model] as const))('on MongoDB, %s', (_, model) => {
  const sorts = model.columns.filter((column) => column.sort).map(({ name }) => name);
  const searched = model.columns.some((column) => column.search);
  const dimensions = model.columns.filter((column) => column.dimension).map(({ name }) => name);
  const measures = model.columns.filter((column) => column.measure).map(({ name }) => name);

  test.each([
    ['near', DOCUMENTS],
    ['far', 0],
  ])('lists and their pages, now and as of a %s moment, are read by an index and not sorted', async (_distance, nearby) => {
    await asking(model, nearby, async ({ reader, build, stagesOf }) => {
      const orders = [[], ...sorts.flatMap((column) => [false, true].map((descending) => [{ column, descending }]))];
      for (const orderBy of orders) {
        for (const moment of moments) {
          const query: ListQuery = { orderBy, first: 3, ...moment };
          const { json } = await reader.list(build, query);
          const after = (JSON.parse(json) as readonly { readonly cursor: string }[]).at(-1)?.cursor;
          expectAnIndex(await stagesOf(() => reader.list(build, query)), { sorted: true });
          expectAnIndex(await stagesOf(() => reader.list(build, { ...query, after: after! })), { sorted: true });
        }
      }
    });
  });

  test('summaries, counts and searches, now and as of a moment, read by an index', async () => {
    await asking(model, DOCUMENTS, async ({ reader, build, stagesOf }) => {
      for (const moment of moments) {
        const groups = [[], ...dimensions.map((dimension) => [dimension]), dimensions];
        for (const groupBy of groups) {
          expectAnIndex(await stagesOf(() => reader.summarise(build, { groupBy, measures, ...moment })));
        }
        expectAnIndex(await stagesOf(() => reader.count(build, moment)));
        if (!searched) continue;
        const search = 'alp 2';
        expect(await reader.count(build, { search, ...moment })).toBeGreaterThan(0);
        expectAnIndex(await stagesOf(() => reader.list(build, { orderBy: [], first: 3, search, ...moment })));
        expectAnIndex(await stagesOf(() => reader.count(build, { search, ...moment })));
      }
    });
  });

  if (!real) return;
  test('lists of one value of a column begin at an index', async () => {
    await asking(model, DOCUMENTS, async ({ reader, build, stagesOf }) => {
      for (const { name: column } of model.columns.filter(({ filter }) => filter)) {
        const where = { kind: 'is', column, op: 'eq', value: null } as const;
        expectAnIndex(await stagesOf(() => reader.list(build, { orderBy: [], first: 3, where })));
      }
    });
  });
});
