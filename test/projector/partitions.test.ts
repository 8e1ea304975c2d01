/** A build that several projectors bring up together, by the keys of documents: it comes to what one alone makes of the log. */
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { NewEvent } from '../../contracts/event.js';
import { domain } from '../../src/domain.js';
import type { Projection } from '../../src/kernel/projection.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { noProgress } from '../../src/views/port/build-identity.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import type { Build, BuildRecord, BuildState } from '../../src/views/port/builds.js';
import { CheckpointMoved, NotReady } from '../../src/views/port/errors.js';
import { openMongoViewReader, openMongoViewWriter } from '../../src/views/mongo.js';
import { openEmbeddedViewReader } from '../../src/views/embedded.js';
import type { DeadLetterChange } from '../../src/views/port/dead-letters.js';
import type { ViewReader } from '../../src/views/port/store.js';
import type { Partitioning } from '../../src/views/port/register.js';
import type { ViewWriter } from '../../src/views/port/store.js';
import type { Lease } from '../../src/leases/port.js';
import { killChildren, startChild, type Child } from '../support/processes/child.js';
import { temporaryFolder } from '../support/folder.js';
import { heldUpAt } from '../support/engines/held-up.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { overriding } from '../support/overriding.js';
import { everythingIn } from '../support/read-models/read-models.js';
import { mongoForTests } from '../support/engines/secantus.js';
import { AccountRenamed, DealMovedTo, DealOpened, DealRaised, deals, DealWithdrawn, failing, nameless } from './deals.js';
import { openStage, type Stage } from './stage.js';

jest.setTimeout(120_000);

const server = await mongoForTests();
const suite = server ? describe : describe.skip;
afterAll(async () => server?.stop());

suite('projectors in processes of their own', () => {
  afterEach(killChildren);

  it('bring up builds together though they are killed again and again', async () => {
    const folder = temporaryFolder();
    const url = server!.url();
    const [log, views] = [{ dataDir: folder.path }, { dataDir: folder.path, viewsUrl: url }].map((place) => JSON.stringify(place));
    const start = (place = views!, ...options: readonly string[]): Child => startChild('projects.mjs', log!, place, ...options);
    const [writer, reader] = await Promise.all([openMongoViewWriter({ url }), openMongoViewReader({ url })]);
    const inFile = openEmbeddedLog({ file: folder.events });
    const haveReached = async (of: ViewReader): Promise<void> => {
      const head = await inFile.head();
      for (;;) {
        const records = await of.builds();
        if (records.length >= domain.projections.length && records.every(({ position, state }) => position >= head && isServed(state))) {
          return;
        }
        await sleep(50);
      }
    };
    const isServed = (state: BuildState): boolean => state === 'live' || state === 'retired';
    try {
      const clients = startChild('commands.mjs', log!, '8', '1');
      await clients.printed(400);
      await clients.kill();
      const first = start(views, '500');
      await haveReached(reader);
      await first.kill();

      for (const { model } of domain.projections) await writer.begin(model);
      const builders = Array.from({ length: 3 }, () => start(views, '25', '4'));
      const divided = new Set<string>();
      for (let kill = 0; (await reader.builds()).some(({ state }) => !isServed(state));) {
        for (const { name, partitions } of await reader.builds()) if (partitions) divided.add(name);
        await sleep(150 + Math.random() * 600);
        await builders[kill % 3]?.kill();
        builders[kill % 3] = start(views, '25', '4');
        // Often enough in a row to meet everything, seldom enough to let it end.
        kill += 1;
        if (kill % 4 === 0) await sleep(4_000);
      }
      // Those that were still divided when they were looked at.
      expect(divided.size).toBeGreaterThan(2);
      await haveReached(reader);
      await Promise.all(builders.map((builder) => builder.kill()));

      const made = join(folder.path, 'afresh');
      const afresh = start(JSON.stringify({ dataDir: made }), '2000');
      await afresh.printed('tailing');
      const aside = await openEmbeddedViewReader({ file: join(made, 'views.db'), threads: 0 });
      await haveReached(aside);
      for (const { model } of domain.projections) {
        const expected = await everythingIn(aside, { model, number: 1 });
        for (const number of [1, 2]) {
          expect([model.name, number, await everythingIn(reader, { model, number })]).toEqual([model.name, number, expected]);
        }
      }
      await aside.close();
    } finally {
      await killChildren();
      await Promise.all([reader.close(), writer.close(), inFile.close()]);
      await dropDatabase(url);
      folder.remove();
    }
  });
});

suite('a build in partitions', () => {
  let stage: Stage;
  let url: string;
  const stops: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    url = server!.url();
    stage = await openStage({ writer: await openMongoViewWriter({ url }), reader: await openMongoViewReader({ url }) });
  });

  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    await stage.close();
    await dropDatabase(url);
  });

  /** Events of 30 deals, of two accounts that are renamed: opened, raised, moved between the accounts, withdrawn and opened again. */
  const history = async (count: number): Promise<void> => {
    const opened = new Set<string>();
    for (let index = 0; index < count; index++) {
      const id = `deal-${index % 30}`;
      let happened: NewEvent = DealRaised({ by: index });
      if (!opened.has(id)) happened = DealOpened({ account: index % 2 === 0 ? 'a' : 'b', name: 'Ana', amount: index });
      else if (index % 11 === 0) happened = DealMovedTo({ account: index % 2 === 0 ? 'b' : 'a' });
      else if (index % 37 === 0) happened = DealWithdrawn({});
      if (happened.type === 'DealWithdrawn') opened.delete(id);
      else opened.add(id);
      if (index % 23 === 22) await stage.happens('account-a', AccountRenamed({ name: `Maria ${index}` }));
      await stage.happens(id, happened);
    }
  };

  /** What each projector wrote to partitions: their numbers. */
  const written: Set<number>[] = [];
  /** Starts projectors that share the work, each with four small pages a second or so. */
  const project = (projections: readonly Projection[], count: number): void => {
    written.length = 0;
    for (let index = 0; index < count; index++) {
      const own = new Set<number>();
      written.push(own);
      const commit: ViewWriter['commit'] = async (commits) => {
        for (const { build } of commits) if (build.partition !== undefined) own.add(build.partition);
        await sleep(50);
        return stage.writer.commit(commits);
      };
      const views = overriding(stage.writer, { commit });
      const holder = `elsewhere ${index} projector`;
      stops.push(stage.follow(projections, { views, holder, spread: true, rebuildPartitions: 4, pageSize: 10 }));
    }
  };

  const until = async (fits: (records: readonly BuildRecord[]) => boolean): Promise<readonly BuildRecord[]> => {
    for (;;) {
      const records = await stage.builds('deals');
      if (fits(records)) return records;
      await sleep(20);
    }
  };
  const secondIsLive = (records: readonly BuildRecord[]): boolean => records.some(({ number, state }) => number === 2 && state === 'live');
  const waiting = async (build: Build) => {
    const deadLetters = await stage.reader.deadLetters(build, { first: 100 });
    return Promise.all(
      deadLetters.map(async ({ first: { key } }) =>
        (await stage.reader.unappliedEvents(build, key, { first: 100 })).map(({ id }) => [key, id]),
      ),
    );
  };

  const isRaise = (data: unknown, by: number): boolean => (data as { readonly by?: number }).by === by;

  it('is brought up by all projectors, each document by one, and is what one alone makes', async () => {
    await history(200);
    await stage.project([deals]);
    await stage.administration([deals]).rebuild('deals');
    project([deals], 3);
    const divided = await until((records) => records.some((record) => record.partitions?.positions.some((position) => position > 0)));
    expect(divided.at(-1)).toMatchObject({ state: 'building', partitions: { until: await stage.log.head() } });
    await history(40);
    await until(secondIsLive);
    expect(written.filter(({ size }) => size > 0).length).toBeGreaterThan(1);
    expect(new Set(written.flatMap((own) => [...own]))).toEqual(new Set([0, 1, 2, 3]));
    const head = await stage.log.head();
    const [, second] = await until((records) => records.every(({ position }) => position >= head));
    expect(second?.partitions).toBeUndefined();
    const expected = await stage.afresh(deals);
    expect(expected.length).toBeGreaterThan(25);
    expect(await stage.histories(deals)).toEqual(expected);
    expect(await stage.historiesOf({ model: deals.model, number: 1 })).toEqual(expected);
  });

  it('keeps waiting what a handler can’t take, and carries out what was decided', async () => {
    const fragile = failing(deals, ({ data }) => isRaise(data, 61) || isRaise(data, 75));
    await history(150);
    await stage.project([fragile]);
    const [skipped] = await stage.administration([fragile]).deadLetters.list('deals');
    await stage
      .administration([fragile])
      .deadLetters.skip('deals', { key: skipped!.key, eventId: skipped!.first.id, reason: 'Wrong for good' }, { actor: 'olga' });
    await stage.happens('deal-31', DealOpened({ account: 'a', name: 'Ana', amount: 1 }));
    await stage.project([fragile]);
    await stage.administration([fragile]).rebuild('deals');
    project([fragile], 2);
    await until(secondIsLive);
    const [first, second] = [1, 2].map((number): Build => ({ model: deals.model, number }));
    expect(await waiting(second!)).toEqual(await waiting(first!));
    expect(await waiting(second!)).toHaveLength(1);
    expect(await stage.historiesOf(second!)).toEqual(await stage.historiesOf(first!));
  });

  it('is built in one when an event comes of which can’t be told whose documents it changes', async () => {
    const vague = nameless(deals, ({ data }) => isRaise(data, 61));
    await history(150);
    await stage.project([vague]);
    await stage.administration([vague]).rebuild('deals');
    project([vague], 2);
    await until((records) => records.some(({ partitions: divided }) => divided !== undefined));
    await until(secondIsLive);
    const [first, second] = [1, 2].map((number): Build => ({ model: deals.model, number }));
    expect((await waiting(second!)).flat().map(([key]) => key)).toContain('@stream deal-1');
    expect(await waiting(second!)).toEqual(await waiting(first!));
    expect(await stage.historiesOf(second!)).toEqual(await stage.historiesOf(first!));
  });

  describe('in the store', () => {
    let division: Partitioning;
    let build: Build;
    let lease: Lease;
    const commit = (
      partition: number | undefined,
      from: number,
      to: number,
      deadLetters: readonly DeadLetterChange[] = [],
    ): Promise<void> => {
      const of = partition === undefined ? build : { ...build, partition };
      return stage.writer.commit([
        { build: of, from, to, changes: [], deadLetters, lease, erasures: 0, progress: { ...noProgress, events: to } },
      ]);
    };

    beforeEach(async () => {
      division = stage.writer.partitioning!;
      await stage.writer.begin(deals.model);
      build = await stage.writer.begin(deals.model);
      [lease] = (await stage.writer.leases.acquire(['deals'], 'a tester', 60_000)) as [Lease];
    });

    it('stands where the last of its partitions does, and takes no commits of the whole', async () => {
      expect(await division.split(build, 2, 10, lease)).toBe(true);
      await commit(1, 0, 10);
      await commit(0, 0, 4);
      const [, record] = await stage.builds();
      expect(record).toMatchObject({ state: 'building', position: 4, events: 4, partitions: { until: 10, positions: [4, 10] } });
      await expect(commit(undefined, 0, 5)).rejects.toThrow(CheckpointMoved);
      await expect(commit(0, 0, 5)).rejects.toThrow(CheckpointMoved);
      await expect(stage.writer.cutOver({ name: 'deals', version: 1, number: build.number })).rejects.toThrow(NotReady);
    });

    it('is put together when all partitions are there, and goes on as one', async () => {
      await division.split(build, 2, 10, lease);
      await commit(0, 0, 10);
      expect(await division.merge(build, lease)).toBe(false);
      await commit(1, 0, 10);
      expect(await division.merge(build, lease)).toBe(true);
      await expect(commit(1, 10, 12)).rejects.toThrow(CheckpointMoved);
      await commit(undefined, 10, 12);
      const [, record] = await stage.builds();
      expect(record).toMatchObject({ position: 12 });
      expect(record?.partitions).toBeUndefined();
    });

    it('tells all that wait in it when it is put together, though its partitions counted them at the same time', async () => {
      const event = {
        id: 'e1',
        type: 'DealRaised',
        stream: { type: 'deal', id: 'a' },
        revision: 0,
        error: 'no',
        attempts: 1,
        since: '',
      };
      await division.split(build, 2, 10, lease);
      const goOn = await heldUpAt('updateOne', () => commit(1, 0, 10));
      await commit(0, 0, 10, [{ key: 'a', position: 4, ...event }]);
      await goOn();
      expect(await division.merge(build, lease)).toBe(true);
      expect((await stage.builds())[1]).toMatchObject({ position: 10, deadLetters: 1 });
    });

    it('is not divided once it was written to, or emptied', async () => {
      await division.split(build, 2, 10, lease);
      await commit(0, 0, 10);
      await stage.writer.reset(build, lease);
      expect((await stage.builds())[1]).toMatchObject({ position: 0 });
      expect(await division.split(build, 2, 10, lease)).toBe(false);
      await commit(undefined, 0, 3);
      expect(await division.split(build, 2, 10, lease)).toBe(false);
      expect(servedBuild(await stage.builds(), deals.model).number).toBe(1);
    });
  });
});
