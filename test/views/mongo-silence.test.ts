/**
 * Connections to MongoDB that go dead without being closed, as behind a firewall that forgot them, while the driver's heartbeat goes on: a
 * request that is never answered is given up, and what is asked next gets through.
 */
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ViewsUnavailable } from '../../src/views/port/query-errors.js';
import { openMongoViewReader, openMongoViewWriter } from '../../src/views/mongo.js';
import type { Lease } from '../../src/leases/port.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { change, commitOf, deals, live } from '../conformance/views/deals.js';
import { gathered } from '../support/log/gathered.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { startRelay, type Relay } from '../support/engines/relay.js';
import { mongoForTests } from '../support/engines/secantus.js';

jest.setTimeout(120_000);

const ANSWER_MS = 1_000;

/** A request that nothing bounds would still be waiting then. */
const HANGS_MS = 20_000;

/** What the heartbeat never asks. */
const DATA = /find|insert|update|aggregate/;

const server = await mongoForTests();
afterAll(async () => server?.stop());

(server?.restart ? describe : describe.skip)('MongoDB that does not answer any more', () => {
  let url: string;
  let relay: Relay;
  let writer: ViewWriter;
  let reader: ViewReader;
  let lease: Lease;

  beforeEach(async () => {
    url = server!.url();
    const { port } = new URL(url);
    relay = await startRelay(Number(port));
    const through = `${url.replace(port, String(relay.port))}&directConnection=true`;
    writer = await openMongoViewWriter({ url: through, answerMs: ANSWER_MS });
    reader = await openMongoViewReader({ url: through, answerMs: ANSWER_MS });
    await writer.begin(deals);
    [lease] = (await writer.leases.acquire(['deals'], 'one', 600_000)) as [Lease];
    await writer.commit([commitOf(lease, 0, 1, change('a', 1, { name: 'Ana' }))]);
  });

  afterEach(async () => {
    await Promise.all([writer.close(), reader.close()]);
    await relay.close();
    await dropDatabase(url);
  });

  /** What comes of a request: that it was answered, that it was given up, or that it hangs. */
  const outcome = (work: Promise<unknown>): Promise<string> =>
    Promise.race([
      work.then(
        () => 'answered',
        (failure: unknown) => {
          expect(failure).toBeInstanceOf(ViewsUnavailable);
          return 'given up';
        },
      ),
      sleep(HANGS_MS, 'hangs', { ref: false }),
    ]);

  const ask = (orders: Readonly<Record<string, () => Promise<unknown>>>): Promise<Readonly<Record<string, string>>> =>
    Promise.all(Object.entries(orders).map(async ([name, work]) => [name, await outcome(work())] as const)).then(Object.fromEntries);

  test('gives up a write, which may be sent again', async () => {
    for (const work of [() => writer.leases.acquire(['deals'], 'one', 600_000), () => writer.leases.release([lease])]) {
      relay.deaden(DATA);
      expect(await outcome(work())).toBe('given up');
      expect(await outcome(work())).toBe('answered');
    }
    expect(await writer.leases.held()).toEqual([]);
  });

  test('keeps no commit waiting: sent again where it was given up, it is there once', async () => {
    const second = commitOf(lease, 1, 2, change('a', 2, { name: 'Ana Pop' }), change('b', 2, { name: 'Dan' }));
    relay.deaden(DATA);
    const first = await outcome(writer.commit([second]));
    expect(first).not.toBe('hangs');
    if (first === 'given up') await writer.commit([second]);
    expect(await gathered(reader.scan(live))).toMatchObject([
      {
        key: 'a',
        versions: [
          { since: 1, until: 2 },
          { since: 2, until: null, document: { name: 'Ana Pop' } },
        ],
      },
      { key: 'b', versions: [{ since: 2, document: { name: 'Dan' } }] },
    ]);
    expect(await reader.position(live)).toBe(2);
  });

  test('keeps no query waiting', async () => {
    const queries = {
      builds: () => reader.builds(),
      get: () => reader.get(live, ['a']),
      count: () => reader.count(live, {}),
      held: () => writer.leases.held(),
      load: () => writer.load(live, ['a']),
    };
    relay.deaden(DATA);
    expect(Object.values(await ask(queries))).not.toContain('hangs');
    expect([...new Set(Object.values(await ask(queries)))]).toEqual(['answered']);
  });

  test('is told by what was asked, by host and database alone', async () => {
    relay.deaden(DATA);
    await expect(writer.leases.acquire(['deals'], 'one', 600_000)).rejects.toThrow(
      /did not answer in time .* on 127\.0\.0\.1:\d+\).*may be done or not/,
    );
  });
});
