/** What makes a build fit to serve may take minutes where a store makes indexes of much: what is live follows the log meanwhile. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildName, idOf, servedBuild, type Build } from '../../src/views/builds.js';
import type { Lease, ViewWriter } from '../../src/views/port.js';
import { Bell } from '../../src/projector/bell.js';
import { Completions } from '../../src/projector/completions.js';
import { overriding } from '../support/overriding.js';
import { DealOpened, deals, dealsInCents } from './deals.js';
import { openStage, type Stage } from './stage.js';

/** A promise that something else resolves. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Lets what is due now happen. */
const turn = (): Promise<void> => sleep(1);

const both = [deals, dealsInCents];
const build: Build = { model: dealsInCents.model, number: 2 };
const lease = (token: number): Lease => ({ name: 'deals', holder: 'olga', token });

describe('a projector', () => {
  let stage: Stage;
  let opened: number;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    stage = await openStage();
    stop = () => Promise.resolve();
    opened = 0;
    await open(20);
    await stage.project([deals]);
  });

  afterEach(async () => {
    await stop();
    await stage.close();
  });

  const open = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      await stage.happens(`deal-${opened++}`, DealOpened({ account: 'a', name: 'Ana', amount: index }));
    }
  };
  const states = async (): Promise<readonly string[]> => (await stage.builds('deals')).map(({ state }) => state);
  const until = async (wanted: readonly string[]): Promise<void> => {
    while ((await states()).join() !== wanted.join()) await sleep(5);
  };
  /** Until a version has all that has happened. */
  const reached = async (version: number): Promise<void> => {
    const model = both.find((each) => each.model.version === version)?.model ?? deals.model;
    await stage.reader.reached(servedBuild(await stage.reader.builds(), model), await stage.log.head(), 10_000);
  };
  /** The store, with what is done before a build of the second version is made fit to serve. */
  const storeThat = (first: () => Promise<void>): ViewWriter =>
    overriding(stage.writer, {
      complete: async (of, under) => {
        if (of.model.version === 2) await first();
        await stage.writer.complete(of, under);
      },
    });

  it('lets every build follow the log while another one is made fit to serve, and has that take over then', async () => {
    const { passed, open: release } = gate();
    let asked = 0;
    const views = storeThat(() => {
      asked += 1;
      return passed;
    });
    stop = stage.follow(both, { views, pageSize: 5 });
    while (asked === 0) await sleep(5);
    for (let round = 0; round < 5; round++) {
      await open(3);
      await reached(1);
      await reached(2);
      // The register is looked at meanwhile, and says that it is not there yet.
      await sleep(100);
      expect(await states()).toEqual(['live', 'building']);
    }
    release();
    await until(['retired', 'live']);
    expect(asked).toBe(1);
    await open(3);
    await reached(2);
    for (const projection of both) expect(await stage.histories(projection)).toEqual(await stage.afresh(projection));
    expect((await stage.builds('deals'))[1]?.finishedAt).not.toBeNull();
  });

  it('goes on when that fails, says so and tries it again', async () => {
    let asked = 0;
    const told: unknown[] = [];
    const views = storeThat(() => (++asked < 3 ? Promise.reject(new Error('no room for an index')) : Promise.resolve()));
    stop = stage.follow(both, { views, onRetry: (failure) => told.push((failure as Error).message) });
    await until(['retired', 'live']);
    expect(told).toEqual(['no room for an index', 'no room for an index']);
    await open(1);
    await reached(1);
    await reached(2);
  });

  it('does not begin it a second time when its session ends for another reason', async () => {
    const { passed, open: release } = gate();
    let [asked, commits] = [0, 0];
    const told: unknown[] = [];
    const views = overriding(
      storeThat(() => {
        asked += 1;
        return passed;
      }),
      {
        commit: async (batches) => {
          if (asked === 1 && commits++ === 0) throw new Error('the disk is full');
          await stage.writer.commit(batches);
        },
      },
    );
    stop = stage.follow(both, { views, onRetry: (failure) => told.push((failure as Error).message) });
    while (asked === 0) await sleep(5);
    await open(1);
    await reached(1);
    await reached(2);
    await sleep(300);
    expect(told).toEqual(['the disk is full']);
    release();
    await until(['retired', 'live']);
    expect(asked).toBe(1);
  });

  it('marks nothing under a lease that another one has taken since', async () => {
    const { passed, open: release } = gate();
    const outcomes: unknown[] = [];
    let asked = false;
    const views = overriding(stage.writer, {
      complete: async (of, under) => {
        asked = true;
        await passed;
        await stage.writer.complete(of, under).catch((failure: unknown) => {
          outcomes.push((failure as Error).name);
          throw failure;
        });
      },
    });
    const end = stage.follow(both, { views });
    while (!asked) await sleep(5);
    await end();
    expect(await stage.writer.take(['deals'], 'another', 60_000)).toHaveLength(1);
    release();
    while (outcomes.length === 0) await sleep(5);
    expect(outcomes).toEqual(['LeaseLost']);
    expect(await states()).toEqual(['live', 'building']);
    expect((await stage.builds('deals'))[1]?.finishedAt).toBeNull();
  });

  it('waits for it where it only catches up', async () => {
    const views = storeThat(() => sleep(500));
    await stage.project(both, { views });
    expect(await states()).toEqual(['retired', 'live']);
  });

  it('that only catches up fails when it fails', async () => {
    const views = storeThat(() => Promise.reject(new Error('no room for an index')));
    await expect(stage.project(both, { views })).rejects.toThrow('no room for an index');
    expect(await states()).toEqual(['live', 'building']);
  });
});

describe('what makes builds fit to serve', () => {
  it('is done for one build after the other, once under one lease and anew under another, and tells when each has ended', async () => {
    const gates = [gate(), gate(), gate()];
    const begun: string[] = [];
    let ended = 0;
    const complete: ViewWriter['complete'] = (of, { token }) => {
      begun.push(`${buildName(idOf(of))} under ${token}`);
      return gates[begun.length - 1]?.passed ?? Promise.resolve();
    };
    const completions = new Completions({ complete }, () => ended++);
    const other = { ...build, number: 3 };
    const ask = () => [completions.isDone(build, lease(1)), completions.isDone(other, lease(1))];
    expect([...ask(), ...ask()]).toEqual([false, false, false, false]);
    await turn();
    expect([begun, ended]).toEqual([['deals@2#2 under 1'], 0]);
    gates[0]?.open();
    await turn();
    expect([begun, ended]).toEqual([['deals@2#2 under 1', 'deals@2#3 under 1'], 1]);
    // Another projector had it in between: whether it was done under the earlier lease says nothing.
    expect(completions.isDone(build, lease(2))).toBe(false);
    gates[1]?.open();
    await turn();
    expect(completions.isDone(other, lease(1))).toBe(true);
    expect(begun.at(-1)).toBe('deals@2#2 under 2');
    gates[2]?.open();
    await turn();
    expect([completions.isDone(build, lease(2)), ended]).toEqual([true, 3]);
  });

  it('is waited for, and begun anew afterwards, where a build is emptied', async () => {
    const { passed, open: release } = gate();
    let begun = 0;
    const completions = new Completions({ complete: () => (++begun === 1 ? passed : Promise.resolve()) }, () => {});
    completions.isDone(build, lease(1));
    let isOver = false;
    const over = completions.ended(build).then(() => {
      isOver = true;
    });
    await turn();
    expect(isOver).toBe(false);
    release();
    await over;
    expect(completions.isDone(build, lease(1))).toBe(false);
    await turn();
    expect([completions.isDone(build, lease(1)), begun]).toEqual([true, 2]);
  });
});

describe('a bell', () => {
  it('is heard at once when it rang before, and waited for no longer than said', async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();
    await bell.heard(60_000);
    await bell.heard(1);
    const heard = bell.heard(60_000);
    bell.ring();
    await heard;
  });
});
