/** Several projectors on the same data: one works, the others wait, and take over when it is gone. Who lost its lease can't write. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandHandler } from '../../src/command-handling/command-handler.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import { killChildren, startChild, type Child } from '../support/processes/child.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { overriding } from '../support/overriding.js';
import { expectReadModelsToEqualTheLog } from '../support/read-models/read-models.js';
import { DealOpened, DealRaised, deals } from './deals.js';
import { openStage } from './stage.js';

describe('two projectors in processes of their own', () => {
  let folder: Folder;
  let log: EventLog;
  let writer: ViewWriter;
  let reader: ViewReader;
  let count = 0;

  beforeEach(async () => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    writer = await openEmbeddedViewWriter({ file: folder.views });
    reader = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
  });

  afterEach(async () => {
    await killChildren();
    await reader.close();
    await writer.close();
    await log.close();
    folder.remove();
  });

  const start = async (): Promise<Child> => {
    const place = JSON.stringify({ dataDir: folder.path });
    const child = startChild('projects.mjs', place, place, '10');
    await child.printed('started');
    return child;
  };

  /** Registers leads, and waits until every read model shows them. */
  const leadsAreShown = async (): Promise<void> => {
    const commandHandler = new CommandHandler({ log, definitions: domain.definitions });
    for (let index = 0; index < 30; index++) await commandHandler.execute(RegisterLead({ name: `Lead ${count++}` }), { actor: 'ana' });
    const head = await log.head();
    for (;;) {
      const records = await reader.builds();
      const served = domain.projections.map(({ model }) =>
        records.find(({ name, number }) => name === model.name && number === servedBuild(records, model).number),
      );
      if (served.every((record) => record !== undefined && record.position >= head)) return;
      await sleep(50);
    }
  };

  /** The processes that hold leases of read models, and their tokens. */
  const holders = async (): Promise<{ readonly pids: readonly number[]; readonly tokens: readonly number[] }> => {
    const held = await writer.leases.held();
    const pids = held.map(({ holder }) => Number(holder.split(' ')[1]));
    return { pids: [...new Set(pids)], tokens: held.map(({ token }) => token) };
  };

  /** Stops a process between two of its transactions: within one it would keep the file from everybody. */
  const standsStill = async ({ pid }: Child): Promise<void> => {
    const impatient = await openEmbeddedViewWriter({ file: folder.views, lockTimeoutMs: 100 });
    for (let free = false; !free;) {
      process.kill(pid, 'SIGSTOP');
      free = await impatient.leases.acquire(['probe'], 'a tester', 1).then(
        () => true,
        () => false,
      );
      if (!free) process.kill(pid, 'SIGCONT');
    }
    await impatient.close();
  };

  it('do not work at the same time; the second goes on when the first is killed', async () => {
    const first = await start();
    await leadsAreShown();
    const second = await start();
    const before = await holders();
    expect(before.pids).toEqual([first.pid]);
    await leadsAreShown();
    expect(await holders()).toEqual(before);
    await first.kill();
    await leadsAreShown();
    expect((await holders()).pids).toEqual([second.pid]);
    await second.kill();
    await expectReadModelsToEqualTheLog(folder);
  });

  it('keep to their leases when the first stands still for longer than they last: it wakes up and has nothing to say', async () => {
    const first = await start();
    await leadsAreShown();
    const second = await start();
    const appending = leadsAreShown();
    await sleep(20);
    await standsStill(first);
    await appending;
    const taken = await holders();
    expect(taken.pids).toEqual([second.pid]);
    process.kill(first.pid, 'SIGCONT');
    await leadsAreShown();
    await sleep(500);
    expect(await holders()).toEqual(taken);
    // It is well, and takes over in turn.
    await second.kill();
    await leadsAreShown();
    expect((await holders()).pids).toEqual([first.pid]);
    expect(first.lines.filter((line) => line.startsWith('retrying'))).toEqual([]);
    await first.kill();
    await expectReadModelsToEqualTheLog(folder);
  });
});

describe('a projector that lost its lease', () => {
  it('can not write what it worked out before, and begins again where the other left off', async () => {
    const stage = await openStage();
    try {
      await stage.happens('deal-1', DealOpened({ account: 'a', name: 'Ana', amount: 1 }));
      await stage.project([deals]);
      let slept = (): void => undefined;
      const asleep = new Promise<void>((resolve) => {
        slept = resolve;
      });
      let wake = (): void => undefined;
      const awake = new Promise<void>((resolve) => {
        wake = resolve;
      });
      let refused: unknown;
      const slow = overriding(stage.writer, {
        commit: async (batch) => {
          if (refused === undefined) {
            slept();
            await awake;
          }
          await stage.writer.commit(batch).catch((failure: unknown) => {
            refused ??= failure;
            throw failure;
          });
        },
      });
      const stop = stage.follow([deals], { views: slow });
      await stage.happens('deal-1', DealRaised({ by: 1 }));
      await asleep;
      // Its lease runs out and another takes it, works, and gives it back.
      await stage.writer.leases.release(await stage.writer.leases.held());
      await stage.happens('deal-1', DealRaised({ by: 10 }));
      await stage.project([deals], { holder: 'another' });
      expect(await stage.documents(deals)).toMatchObject({ 1: { total: 12 } });
      wake();
      await stage.happens('deal-1', DealRaised({ by: 100 }));
      const head = await stage.log.head();
      await stage.reader.waitFor(servedBuild(await stage.reader.builds(), deals.model), head, 30_000);
      await stop();
      expect(refused).toMatchObject({ name: 'LeaseLost' });
      expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
    } finally {
      await stage.close();
    }
  });
});
