/** Builds of read models beside the live one: started, caught up, cut over, rolled back, dropped, resumed after a crash, in one pass. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewEvent } from '../../contracts/event.js';
import type { Projection } from '../../src/kernel/projection.js';
import type { EventLog } from '../../src/log/port.js';
import { shapeOf } from '../../src/kernel/read-model.js';
import { noProgress } from '../../src/views/port/build-identity.js';
import { servedBuild, servedModel } from '../../src/views/serving/versions.js';
import type { BuildState } from '../../src/views/port/builds.js';
import type { Lease } from '../../src/leases/port.js';
import { overriding } from '../support/overriding.js';

import { AccountRenamed, DealOpened, DealRaised, deals, dealsInCents, DealWithdrawn, tallies } from './deals.js';
import { openStage, type Stage } from './stage.js';

const both = [deals, dealsInCents];

describe('builds of a read model', () => {
  let stage: Stage;
  const stops = new Set<() => Promise<void>>();

  beforeEach(async () => {
    stage = await openStage();
  });

  afterEach(async () => {
    for (const stop of stops) await stop();
    stops.clear();
    await stage.close();
  });

  const follow = (...args: Parameters<Stage['follow']>): (() => Promise<void>) => {
    const stop = stage.follow(...args);
    stops.add(stop);
    return async () => {
      stops.delete(stop);
      await stop();
    };
  };

  /** Deals that are opened, raised, renamed and withdrawn: `count` events. */
  const history = async (count: number, from = 0): Promise<void> => {
    for (let index = from; index < from + count; index++) {
      const id = `deal-${index % 17}`;
      const known = (await stage.log.readStream({ type: 'deal', id: String(index % 17) }, 0, 1)).length > 0;
      let happened: NewEvent = DealRaised({ by: index });
      if (!known || index % 13 === 0) happened = DealOpened({ account: index % 2 === 0 ? 'a' : 'b', name: 'Ana', amount: index });
      else if (index % 19 === 0) happened = DealWithdrawn({});
      if (index % 23 === 22) await stage.happens('account-a', AccountRenamed({ name: `Maria ${index}` }));
      else await stage.happens(id, happened);
    }
  };

  /** Version, number and state of each build of deals. */
  const register = async (): Promise<readonly (readonly [number, number, BuildState])[]> =>
    (await stage.builds('deals')).map(({ version, number, state }) => [version, number, state]);
  const until = async (wanted: Awaited<ReturnType<typeof register>>): Promise<void> => {
    for (;;) {
      const now = await register();
      if (JSON.stringify(now) === JSON.stringify(wanted)) return;
      await sleep(20);
    }
  };
  const reached = async (projection: Projection): Promise<void> => {
    const head = await stage.log.head();
    await stage.reader.waitFor(servedBuild(await stage.reader.builds(), projection.model), head, 30_000);
  };

  it('is built from the first event on beside the live one when the program has a new version, and goes live', async () => {
    await history(60);
    await stage.project([deals]);
    expect(await register()).toEqual([[1, 1, 'live']]);
    await stage.project(both, { pageSize: 7 });
    expect(await register()).toEqual([
      [1, 1, 'retired'],
      [2, 2, 'live'],
    ]);
    expect(await stage.histories(dealsInCents)).toEqual(await stage.afresh(dealsInCents));
    const [, second] = await stage.builds('deals');
    expect(second).toMatchObject({ shape: shapeOf(dealsInCents.model), position: 60, head: 60, events: 60, error: null });
    expect(second?.finishedAt).not.toBeNull();
  });

  it('does not stop the live one from serving and tailing while it is built', async () => {
    await history(300);
    await stage.project([deals]);
    let built = 0;
    const seen: { readonly building: number; readonly live: number; readonly head: number }[] = [];
    // An event is appended after each page of the new version; the live build must have it before the page after the next.
    const log = overriding(stage.log, {
      readAll: async (after, limit, types) => {
        built += 1;
        if (built <= 10) await history(1, 300 + built);
        const records = await stage.builds('deals');
        const at = (version: number) => records.find((record) => record.version === version)?.position ?? 0;
        seen.push({ building: at(2), live: at(1), head: await stage.log.head() });
        return stage.log.readAll(after, limit, types);
      },
    });
    const stop = follow(both, { log, pageSize: 20 });
    await until([
      [1, 1, 'retired'],
      [2, 2, 'live'],
    ]);
    await stop();
    const underWay = seen.filter(({ building }) => building > 0 && building < 300);
    expect(underWay.length).toBeGreaterThan(5);
    // The live build follows the log: far ahead of the new one, and at most one event behind.
    for (const { live, head } of underWay) expect(live).toBeGreaterThanOrEqual(head - 3);
    expect(underWay.at(-1)?.live).toBeGreaterThan(300);
  });

  it('follows the log on both sides after the cut-over, so that rolling back loses nothing', async () => {
    await history(30);
    await stage.project([deals]);
    const stop = follow(both);
    await until([
      [1, 1, 'retired'],
      [2, 2, 'live'],
    ]);
    await history(30, 30);
    await reached(dealsInCents);
    await stage.administration(both).rollBack('deals');
    expect(await register()).toEqual([
      [1, 1, 'live'],
      [2, 2, 'retired'],
    ]);
    expect(
      servedModel(
        await stage.reader.builds(),
        both.map(({ model }) => model),
      ),
    ).toBe(deals.model);
    await history(30, 60);
    await reached(deals);
    await reached(dealsInCents);
    await stop();
    // It stays rolled back after a restart of the program.
    await stage.project(both);
    expect(await register()).toEqual([
      [1, 1, 'live'],
      [2, 2, 'retired'],
    ]);
    for (const projection of both) expect(await stage.histories(projection)).toEqual(await stage.afresh(projection));
    await stage
      .administration(both)
      .cutOver('deals', 2)
      .catch(() => stage.administration(both).rollBack('deals', 2));
    expect(await register()).toEqual([
      [1, 1, 'retired'],
      [2, 2, 'live'],
    ]);
  });

  it('is dropped in one command, but not while it is live', async () => {
    await history(20);
    await stage.project([deals]);
    await stage.project(both);
    const administration = stage.administration(both);
    await expect(administration.drop('deals', 2)).rejects.toMatchObject({ name: 'NotReady' });
    await administration.drop('deals', 1);
    expect(await register()).toEqual([[2, 2, 'live']]);
    await expect(administration.rollBack('deals')).rejects.toMatchObject({ name: 'NotFound' });
    await expect(stage.historiesOf({ model: deals.model, number: 1 })).rejects.toMatchObject({ name: 'BuildGone' });
    await stage.project(both);
    expect(await stage.histories(dealsInCents)).toEqual(await stage.afresh(dealsInCents));
  });

  it('is rebuilt in the same version on demand: the live documents are damaged until then, and correct afterwards', async () => {
    await history(40);
    await stage.project([deals]);
    const [lease] = await stage.writer.leases.acquire(['deals'], 'vandal', 60_000);
    const position = await stage.log.head();
    const build = { model: deals.model, number: 1 };
    const planted = { key: 'planted', position, document: { id: 'planted', account: 'a', accountName: 'x', total: 1 } };
    const progress = { ...noProgress, events: 40, head: position };
    if (!lease) throw new Error('The lease was not free.');
    await stage.writer.commit([{ build, from: position, to: position, changes: [planted], lease, erasures: 0, progress }]);
    await stage.writer.leases.release([lease]);
    expect(await stage.documents(deals)).toHaveProperty('planted');
    const administration = stage.administration([deals]);
    expect(await administration.rebuild('deals')).toEqual({ name: 'deals', version: 1, number: 2 });
    // A second request returns the running build.
    expect(await administration.rebuild('deals')).toEqual({ name: 'deals', version: 1, number: 2 });
    expect(await stage.documents(deals)).toHaveProperty('planted');
    await stage.project([deals]);
    expect(await register()).toEqual([
      [1, 1, 'retired'],
      [1, 2, 'live'],
    ]);
    expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
  });

  it('waits for a command to go live if so configured, and tails meanwhile', async () => {
    await history(20);
    await stage.project([deals]);
    const administration = stage.administration(both);
    await administration.rebuild('deals');
    await expect(administration.cutOver('deals')).rejects.toMatchObject({ name: 'NotReady' });
    const stop = follow(both, { cutOver: false });
    await until([
      [1, 1, 'live'],
      [2, 2, 'ready'],
    ]);
    await history(20, 20);
    await reached(dealsInCents);
    expect(await register()).toEqual([
      [1, 1, 'live'],
      [2, 2, 'ready'],
    ]);
    await administration.cutOver('deals');
    await history(10, 40);
    await reached(dealsInCents);
    await reached(deals);
    await stop();
    for (const projection of both) expect(await stage.histories(projection)).toEqual(await stage.afresh(projection));
  });

  it('goes live while events keep coming, although no build ever reaches the end of the log', async () => {
    await history(200);
    await stage.project([deals]);
    // The log grows with every read of its end.
    let more = 200;
    const log = overriding(stage.log, {
      head: async () => {
        const head = await stage.log.head();
        await history(1, more++);
        return head + 1;
      },
    });
    const stop = follow(both, { log, pageSize: 20 });
    await until([
      [1, 1, 'retired'],
      [2, 2, 'live'],
    ]);
    await stop();
    await stage.project(both);
    expect(await stage.histories(dealsInCents)).toEqual(await stage.afresh(dealsInCents));
  });

  it('continues from its checkpoint after a crash, and reads nothing twice', async () => {
    await history(100);
    await stage.project([deals]);
    let commits = 0;
    const dying = overriding(stage.writer, {
      commit: async (batch) => {
        await stage.writer.commit(batch);
        if (++commits === 4) throw new Error('killed');
      },
    });
    await expect(stage.project(both, { views: dying, pageSize: 10 })).rejects.toThrow('killed');
    expect((await stage.builds('deals'))[1]).toMatchObject({ state: 'building', position: 40, events: 40 });
    const asked: number[] = [];
    const log = overriding(stage.log, {
      readAll: (after, limit, types) => {
        asked.push(after);
        return stage.log.readAll(after, limit, types);
      },
    });
    await stage.project(both, { log, pageSize: 10 });
    expect(asked).toEqual([40, 50, 60, 70, 80, 90]);
    expect((await stage.builds('deals'))[1]).toMatchObject({ version: 2, state: 'live', position: 100, events: 100 });
    expect(await stage.histories(dealsInCents)).toEqual(await stage.afresh(dealsInCents));
  });

  it('is dropped after a number of later ones have been live, but not as long as queries may read it', async () => {
    await history(20);
    await stage.project([deals]);
    const rebuild = async (graceMs: number): Promise<void> => {
      await stage.administration([deals]).rebuild('deals');
      await stage.project([deals], { graceMs });
    };
    await rebuild(60_000);
    await rebuild(60_000);
    expect(await register()).toEqual([
      [1, 1, 'retired'],
      [1, 2, 'retired'],
      [1, 3, 'live'],
    ]);
    await stage.project([deals], { graceMs: 0 });
    expect(await register()).toEqual([
      [1, 2, 'retired'],
      [1, 3, 'live'],
    ]);
    await stage.project([deals], { graceMs: 0, retired: 0 });
    expect(await register()).toEqual([[1, 3, 'live']]);
  });

  it('reports its processed events and positions, while it is built and while it tails', async () => {
    await history(100);
    const [projected, openings] = [[deals, tallies], (await stage.log.readAll(0, 1_000, ['DealOpened'])).events.length];
    await stage.project(projected);
    const of = async (name: string) => (await stage.builds(name))[0]!;
    const built = [await of('deals'), await of('dealTallies')] as const;
    // Deals name every event; tallies the openings alone, and they go on by as many positions.
    expect(built[0].rate).toBeGreaterThan(0);
    expect(built[0].positionRate).toBe(built[0].rate);
    expect(built[1].rate / built[1].positionRate).toBeCloseTo(openings / 100, 1);
    for (const { startedAt, measuredAt } of built) expect(Date.parse(measuredAt ?? '')).toBeGreaterThanOrEqual(Date.parse(startedAt));
    const stop = follow(projected);
    await history(20, 100);
    await reached(deals);
    await stop();
    const tailed = await of('deals');
    expect(tailed).toMatchObject({ position: 120, head: 120, events: 120 });
    expect(tailed.rate).toBeGreaterThan(0);
    expect(Date.parse(tailed.measuredAt ?? '')).toBeGreaterThan(Date.parse(built[0].measuredAt ?? ''));
  });

  describe('that was rolled back to', () => {
    const third: Projection = { ...dealsInCents, model: { ...dealsInCents.model, version: 3 } };

    beforeEach(async () => {
      await history(20);
      await stage.project([deals]);
      await stage.project(both, { graceMs: 60_000 });
    });

    it('stays live, even if no retired build is kept, until there is a version that was never live', async () => {
      await stage.administration(both).rollBack('deals');
      for (let look = 0; look < 3; look++) await stage.project(both, { retired: 0 });
      expect(await register()).toEqual([
        [1, 1, 'live'],
        [2, 2, 'retired'],
      ]);
      await stage.project([...both, third], { retired: 0 });
      await stage.project([...both, third], { retired: 0 });
      expect(await register()).toEqual([[3, 3, 'live']]);
    });

    it('is not replaced by builds that were already running, but by later ones', async () => {
      await stage.administration(both).rebuild('deals');
      await sleep(5);
      await stage.administration(both).rollBack('deals');
      await stage.project(both);
      expect(await register()).toEqual([
        [1, 1, 'live'],
        [2, 2, 'retired'],
        [2, 3, 'ready'],
      ]);
      await sleep(5);
      await stage.administration(both).rebuild('deals');
      await stage.project(both);
      expect((await register()).at(-1)).toEqual([2, 4, 'live']);
    });

    it('goes live although it is briefly behind, while a projector updates it; and is refused as behind without a projector', async () => {
      const record = { ...noProgress, events: 21, head: 21 };
      const from = await stage.log.head();
      const move = async (number: number, lease: Lease): Promise<void> => {
        const { model } = number === 1 ? deals : dealsInCents;
        await stage.writer.commit([{ build: { model, number }, from, to: from + 1, changes: [], lease, erasures: 0, progress: record }]);
      };
      const [lease] = (await stage.writer.leases.acquire(['deals'], 'a tester', 60_000)) as [Lease];
      await move(2, lease);
      let back = false;
      const asked = stage
        .administration(both)
        .rollBack('deals')
        .then(() => (back = true));
      await sleep(100);
      expect(back).toBe(false);
      await move(1, lease);
      await asked;
      expect(await register()).toEqual([
        [1, 1, 'live'],
        [2, 2, 'retired'],
      ]);
      await stage.writer.commit([
        { build: { model: deals.model, number: 1 }, from: from + 1, to: from + 2, changes: [], lease, erasures: 0, progress: record },
      ]);
      await stage.writer.leases.release([lease]);
      await expect(stage.administration(both).rollBack('deals')).rejects.toMatchObject({
        name: 'NotReady',
        message: `deals@2#2 is behind the live build: it is at position ${from + 1}, and the live deals@1#1 at ${from + 2}. Try again when it has caught up.`,
      });
    });

    it('keeps the build that it replaced, which can not be dropped while a program would rebuild it', async () => {
      await stage.administration(both).rollBack('deals');
      await expect(stage.administration(both).drop('deals', 2)).rejects.toMatchObject({
        name: 'NotReady',
        message: expect.stringMatching(/^deals@2#2 was rolled back\. .* Deploy a program without that version first\.$/),
      });
      await stage.administration([deals]).drop('deals', 2);
      expect(await register()).toEqual([[1, 1, 'live']]);
    });

    it('must have a version of the program, which could not answer from it otherwise', async () => {
      await expect(stage.administration([dealsInCents]).rollBack('deals')).rejects.toMatchObject({
        name: 'NotReady',
        message: expect.stringMatching(/does not have version 1 of deals as deals@1#1 was built.* Deploy the program that has it/),
      });
      expect(await register()).toEqual([
        [1, 1, 'retired'],
        [2, 2, 'live'],
      ]);
    });
  });

  describe('of many read models', () => {
    /** A log that records the requested types and the returned events. */
    const counted = (): { readonly log: EventLog; readonly given: number[]; readonly asked: (readonly string[] | undefined)[] } => {
      const given: number[] = [];
      const asked: (readonly string[] | undefined)[] = [];
      const log = overriding(stage.log, {
        readAll: async (after, limit, types) => {
          const page = await stage.log.readAll(after, limit, types);
          asked.push(types);
          given.push(...page.events.map(({ position }) => position));
          return page;
        },
      });
      return { log, given, asked };
    };

    it('are built in one pass over the log', async () => {
      await history(100);
      await stage.project([deals, tallies]);
      const administration = stage.administration([deals, tallies]);
      await administration.rebuild('deals');
      await administration.rebuild('dealTallies');
      const { log, given } = counted();
      await stage.project([...both, tallies], { log, pageSize: 9 });
      // Two builds of deals, the new version and the one asked for, and one of tallies: each event is read once.
      expect(given).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
      expect(await stage.histories(dealsInCents)).toEqual(await stage.afresh(dealsInCents));
      expect(await stage.documents(tallies)).toEqual(
        Object.fromEntries((await stage.afresh(tallies)).map(({ key, versions }) => [key, versions.at(-1)?.document])),
      );
    });

    it('do not read events that none of them handles', async () => {
      await history(100);
      await stage.project([deals, tallies]);
      await stage.administration([tallies]).rebuild('dealTallies');
      const { log, given, asked } = counted();
      await stage.project([deals, tallies], { log });
      const openings = (await stage.log.readAll(0, 1_000, ['DealOpened'])).events.map(({ position }) => position);
      expect(openings.length).toBeLessThan(100);
      expect(given).toEqual(openings);
      for (const types of asked) expect(types).not.toContain('DealRaised');
      expect((await stage.builds('dealTallies')).at(-1)).toMatchObject({ state: 'live', position: 100, events: openings.length });
    });
  });

  describe('of versions that a program does not have', () => {
    it('are not served by it: it serves its own, which stays up to date', async () => {
      await history(20);
      await stage.project([deals]);
      await stage.project(both);
      await history(10, 20);
      await stage.project([deals]);
      const records = await stage.reader.builds();
      expect(servedBuild(records, servedModel(records, [deals.model]))).toEqual({ model: deals.model, number: 1 });
      expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
    });

    it('are not replaced by an older program: its version is built but does not go live', async () => {
      await history(20);
      await stage.project([dealsInCents]);
      await stage.project([deals]);
      await stage.project([deals]);
      expect(await register()).toEqual([
        [2, 1, 'live'],
        [1, 2, 'ready'],
      ]);
      expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
      expect(
        servedModel(
          await stage.reader.builds(),
          both.map(({ model }) => model),
        ),
      ).toBe(dealsInCents.model);
    });
  });

  it('is rebuilt when the log was restored to an earlier state', async () => {
    await history(20);
    await stage.project(both);
    const position = await stage.log.head();
    const log = overriding(stage.log, {
      head: async () => position - 5,
      end: async () => position - 5,
      readAll: async (after, limit, types) => {
        const page = await stage.log.readAll(after, limit, types);
        return { events: page.events.filter((event) => event.position <= position - 5), position: Math.min(page.position, position - 5) };
      },
    });
    await stage.project(both, { log });
    const [live] = await stage.builds('deals');
    expect(live).toMatchObject({ state: 'live', position: position - 5, events: 15 });
    await stage.project(both);
    expect(await stage.histories(dealsInCents)).toEqual(await stage.afresh(dealsInCents));
  });
});
