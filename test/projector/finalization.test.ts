/** Finalizing a build may take minutes, when a store creates indexes: live builds follow the log meanwhile. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildName, idOf } from '../../src/views/port/build-identity.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import type { Build } from '../../src/views/port/builds.js';
import type { Lease } from '../../src/leases/port.js';
import type { ViewWriter } from '../../src/views/port/store.js';
import { WakeSignal } from '../../src/projector/wake-signal.js';
import { Finalizations } from '../../src/projector/finalization.js';
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
    await stage.reader.waitFor(servedBuild(await stage.reader.builds(), model), await stage.log.head(), 10_000);
  };
  /** The store, with what is done before a build of the second version is made fit to serve. */
  const storeThat = (first: () => Promise<void>): ViewWriter =>
    overriding(stage.writer, {
      finalize: async (of, under) => {
        if (of.model.version === 2) await first();
        await stage.writer.finalize(of, under);
      },
    });

  it('keeps all builds up to date while another one is finalized, and then cuts over to it', async () => {
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
      // Meanwhile the register does not have it as ready.
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

  it('continues when that fails, reports it and retries', async () => {
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

  it('does not start it a second time when its session ends for another reason', async () => {
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

  it('changes nothing under a lease that another one has taken since', async () => {
    const { passed, open: release } = gate();
    const outcomes: unknown[] = [];
    let asked = false;
    const views = overriding(stage.writer, {
      finalize: async (of, under) => {
        asked = true;
        await passed;
        await stage.writer.finalize(of, under).catch((failure: unknown) => {
          outcomes.push((failure as Error).name);
          throw failure;
        });
      },
    });
    const end = stage.follow(both, { views });
    while (!asked) await sleep(5);
    await end();
    expect(await stage.writer.leases.acquire(['deals'], 'another', 60_000)).toHaveLength(1);
    release();
    while (outcomes.length === 0) await sleep(5);
    expect(outcomes).toEqual(['LeaseLost']);
    expect(await states()).toEqual(['live', 'building']);
    expect((await stage.builds('deals'))[1]?.finishedAt).toBeNull();
  });

  it('waits for it when it only catches up', async () => {
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

describe('finalization', () => {
  it('runs for one build after the other, once per lease, and reports the end of each', async () => {
    const gates = [gate(), gate(), gate()];
    const begun: string[] = [];
    let ended = 0;
    const complete: ViewWriter['finalize'] = (of, { token }) => {
      begun.push(`${buildName(idOf(of))} under ${token}`);
      return gates[begun.length - 1]?.passed ?? Promise.resolve();
    };
    const finalizations = new Finalizations({ finalize: complete }, () => ended++);
    const other = { ...build, number: 3 };
    const ask = () => [finalizations.isFinalized(build, lease(1)), finalizations.isFinalized(other, lease(1))];
    expect([...ask(), ...ask()]).toEqual([false, false, false, false]);
    await turn();
    expect([begun, ended]).toEqual([['deals@2#2 under 1'], 0]);
    gates[0]?.open();
    await turn();
    expect([begun, ended]).toEqual([['deals@2#2 under 1', 'deals@2#3 under 1'], 1]);
    // Another projector had it in between: whether it was done under the earlier lease says nothing.
    expect(finalizations.isFinalized(build, lease(2))).toBe(false);
    gates[1]?.open();
    await turn();
    expect(finalizations.isFinalized(other, lease(1))).toBe(true);
    expect(begun.at(-1)).toBe('deals@2#2 under 2');
    gates[2]?.open();
    await turn();
    expect([finalizations.isFinalized(build, lease(2)), ended]).toEqual([true, 3]);
  });

  it('is awaited, and restarted afterwards, when a build is reset', async () => {
    const { passed, open: release } = gate();
    let begun = 0;
    const finalizations = new Finalizations({ finalize: () => (++begun === 1 ? passed : Promise.resolve()) }, () => {});
    finalizations.isFinalized(build, lease(1));
    let isOver = false;
    const over = finalizations.ended(build).then(() => {
      isOver = true;
    });
    await turn();
    expect(isOver).toBe(false);
    release();
    await over;
    expect(finalizations.isFinalized(build, lease(1))).toBe(false);
    await turn();
    expect([finalizations.isFinalized(build, lease(1)), begun]).toEqual([true, 2]);
  });
});

describe('a wake signal', () => {
  it('wakes at once if it was set before, and waits no longer than its timeout', async () => {
    const wakeSignal = new WakeSignal();
    wakeSignal.notify();
    wakeSignal.notify();
    await wakeSignal.wait(60_000);
    await wakeSignal.wait(1);
    const heard = wakeSignal.wait(60_000);
    wakeSignal.notify();
    await heard;
  });
});
