/** A projector that gets nowhere: it gives its read models to one that does, and does not hold on to them for ever. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { servedBuild } from '../../src/views/serving/versions.js';
import { ViewsUnavailable } from '../../src/views/port/query-errors.js';
import { overriding } from '../support/overriding.js';
import { DealOpened, deals } from './deals.js';
import { openStage, type Stage } from './stage.js';

describe('a projector whose every commit fails', () => {
  let stage: Stage;
  /** How far the clock was put forward, in milliseconds. */
  let later = 0;

  beforeEach(async () => {
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + later);
    stage = await openStage();
    await stage.happens('deal-1', DealOpened({ account: 'a', name: 'Ana', amount: 10 }));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await stage.close();
  });

  /** A projector whose store takes nothing while `ill` says so, and takes 3 s to say so. @returns how to stop it, once it has failed */
  const followIll = async (ill: () => boolean): Promise<() => Promise<void>> => {
    let failed = (): void => undefined;
    const failure = new Promise<void>((resolve) => {
      failed = resolve;
    });
    const views = overriding(stage.writer, {
      commit: async (batch) => {
        if (ill()) {
          later += 3_000;
          throw new ViewsUnavailable('MongoDB did not answer in time.');
        }
        await stage.writer.commit(batch);
      },
    });
    const stop = stage.follow([deals], { views, holder: 'ill', onRetry: () => failed() });
    await failure;
    return stop;
  };

  const holder = async (): Promise<string | undefined> => (await stage.writer.leases.held()).find(({ name }) => name === 'deals')?.holder;

  const shown = async (): Promise<void> => {
    await stage.reader.waitFor(servedBuild(await stage.reader.builds(), deals.model), await stage.log.head(), 30_000);
  };

  it('leaves its leases to another, which goes on', async () => {
    const stopIll = await followIll(() => true);
    const stopWell = stage.follow([deals], { holder: 'well' });
    expect(await holder()).toBe('ill');
    await shown();
    expect(await holder()).toBe('well');
    expect(await stage.documents(deals)).toMatchObject({ 1: { total: 10 } });
    await stopIll();
    await stopWell();
  });

  it('takes them again when there is nobody else', async () => {
    let ill = true;
    const stop = await followIll(() => ill);
    while ((await holder()) === 'ill') await sleep(20);
    ill = false;
    await shown();
    expect(await holder()).toBe('ill');
    await stop();
  });
});
