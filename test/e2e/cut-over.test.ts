/** Cut-over and rollback over HTTP while clients write, read what they wrote, page and sum up: no query fails or sees a mix of versions. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ReadModelAdministration } from '../../src/projector/read-model-administration.js';
import type { BuildState } from '../../src/views/port/builds.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { viewReaderIn, viewWriterIn } from '../support/engines/engines.js';
import { startServer } from '../support/processes/server.js';
import { sharedFolder } from '../support/folder.js';
import { until } from '../support/until.js';
import { projectionsOf, startReadModelServer } from '../support/processes/read-model-server.js';

const folder = sharedFolder();
const FIRST = 150;
/** Leads written in one step of the changes, at most: a build catches up, however slow the machine is. */
const STEP = 20;
let writer: ViewWriter;
let reader: ViewReader;

/** Leads that are there before anybody looks. */
const early: string[] = [];

beforeAll(async () => {
  const server = await startServer(folder.path);
  for (let index = 0; index < FIRST; index++) {
    early.push((await server.done('registerLead', { name: `Early ${index}`, origin: 'fair' })).recordId);
  }
  await server.ready();
  await server.stop();
  writer = await viewWriterIn(folder.path);
  reader = await viewReaderIn(folder.path);
});

afterAll(async () => {
  await reader.close();
  await writer.close();
});

interface Lead {
  readonly id: string;
  readonly origin: string;
}

interface Page {
  readonly leads: {
    readonly nodes: readonly Lead[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** The version that answered: all its origins are written alike. */
const versionOf = (origins: readonly string[]): number => {
  const written = new Set(origins);
  expect([...written].filter((origin) => origin === 'fair' || origin === 'FAIR')).toEqual([...written]);
  expect(written.size).toBe(1);
  return written.has('FAIR') ? 2 : 1;
};

const isTrue = (answer: boolean): boolean => answer;
const are =
  (...wanted: readonly BuildState[]) =>
  (states: readonly BuildState[]): boolean =>
    states.join() === wanted.join();

const nobodyDecides = (): Promise<never> => Promise.reject(new Error('nobody decides here'));

it('keeps every query whole, every page complete and every write readable, while versions change places', async () => {
  const client = await startReadModelServer('two-versions', folder.path);
  const administration = new ReadModelAdministration({
    reader,
    writer: async () => writer,
    commandHandler: { execute: nobodyDecides, begun: nobodyDecides },
    projections: await projectionsOf('two-versions'),
    requestTimeoutMs: 0,
  });
  const done = new AbortController();
  const seen = { writes: new Set<number>(), pages: new Set<number>(), sums: new Set<number>() };
  let [writes, walks, step] = [0, 0, 0];

  const write = async (): Promise<void> => {
    while (!done.signal.aborted) {
      await until(async () => done.signal.aborted || writes < step + STEP, isTrue);
      const { recordId, position } = await client.done('registerLead', { name: `Late ${writes++}`, origin: 'fair' });
      const query = 'query ($id: ID!, $position: Position) { lead(id: $id, minPosition: $position) { id origin } }';
      const { lead } = await client.ask<{ readonly lead: Lead | null }>(query, { id: recordId, position });
      expect(lead).toMatchObject({ id: recordId });
      seen.writes.add(versionOf([lead?.origin ?? '']));
    }
  };

  const walk = async (): Promise<void> => {
    while (!done.signal.aborted) {
      const ids: string[] = [];
      for (let after: string | null = null; ;) {
        const query =
          'query ($after: String) { leads(orderBy: [{ field: NAME, direction: ASC }], first: 20, after: $after) { nodes { id origin } pageInfo { hasNextPage endCursor } } }';
        const { leads }: Page = await client.ask<Page>(query, { after });
        seen.pages.add(versionOf(leads.nodes.map(({ origin }) => origin)));
        ids.push(...leads.nodes.map(({ id }) => id));
        if (!leads.pageInfo.hasNextPage) break;
        after = leads.pageInfo.endCursor;
      }
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(early));
      walks += 1;
    }
  };

  const sumUp = async (): Promise<void> => {
    while (!done.signal.aborted) {
      const query =
        '{ leads(first: 5) { totalCount nodes { id origin } } leadsSummary(groupBy: [{ by: ORIGIN }]) { groups { origin documents } } one: leads(first: 1, search: "Early") { nodes { origin } } }';
      const { leads, leadsSummary, one } = await client.ask<{
        readonly leads: { readonly totalCount: number; readonly nodes: readonly Lead[] };
        readonly leadsSummary: { readonly groups: readonly { readonly origin: string; readonly documents: number }[] };
        readonly one: { readonly nodes: readonly Lead[] };
      }>(query);
      expect(leadsSummary.groups).toHaveLength(1);
      expect(leads.totalCount).toBeGreaterThanOrEqual(FIRST);
      seen.sums.add(versionOf([...leads.nodes, ...leadsSummary.groups, ...one.nodes].map(({ origin }) => origin)));
    }
  };

  const labelled = async (): Promise<boolean> => (await client.request('{ leads(first: 1) { nodes { label } } }')).errors.length === 0;
  const fields = async (): Promise<readonly string[]> => {
    const { type } = await client.ask<{ readonly type: { readonly fields: readonly { readonly name: string }[] } }>(
      '{ type: __type(name: "Lead") { fields { name } } }',
    );
    return type.fields.map(({ name }) => name);
  };
  const states = async (): Promise<readonly BuildState[]> =>
    (await reader.builds()).filter(({ name }) => name === 'leads').map(({ state }) => state);
  /** Lets the clients go on for a while, in what is there now. */
  const goesOn = async (): Promise<void> => {
    step = writes;
    const walked = walks;
    await until(async () => writes > step + 3 && walks > walked + 1, isTrue);
  };

  const changes = async (): Promise<void> => {
    await until(states, are('live', 'ready'));
    expect(await labelled()).toBe(false);
    expect(await fields()).not.toContain('label');
    await goesOn();
    await administration.cutOver('leads');
    await until(labelled, isTrue);
    expect(await fields()).toContain('label');
    await goesOn();
    for (const back of [1, 2, 1]) {
      await administration.rollBack('leads');
      await until(labelled, (answer) => answer === (back === 2));
      await goesOn();
    }
    expect(await fields()).not.toContain('label');
    await administration.rebuild('leads');
    await until(states, are('live', 'retired', 'ready'));
    await administration.cutOver('leads');
    await until(labelled, isTrue);
    await goesOn();
  };

  const clients = Promise.all([write(), write(), walk(), sumUp()]);
  await Promise.race([changes(), clients]).finally(() => done.abort());
  await clients;
  for (const versions of Object.values(seen)) expect([...versions].sort()).toEqual([1, 2]);
  expect(
    (
      await client.ask<{ readonly leads: { readonly totalCount: number } }>(
        `{ leads(first: 1, minPosition: "${await client.logPosition()}") { totalCount } }`,
      )
    ).leads.totalCount,
  ).toBe(FIRST + writes);
}, 240_000);
