/** A process that died here is told at once; one that can't be seen from here is never taken for dead, whatever its machine is called. */
import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeadLettersRetried } from '../../contracts/operations/dead-letter.js';
import { projectorName } from '../../src/cli/build-rows.js';
import { isDead, newHolder } from '../../src/leases/holders.js';
import { LeaseKeeper } from '../../src/leases/keeper.js';
import type { ViewWriter } from '../../src/views/port/store.js';
import { overriding } from '../support/overriding.js';
import { DealOpened, DealRaised, deals } from '../projector/deals.js';
import { openStage } from '../projector/stage.js';

/** The holder that a process of this machine is, which has ended. */
async function deadHolder(): Promise<string> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  const [host, , ...rest] = newHolder().split(' ');
  return [host, child.pid, ...rest].join(' ');
}

/** The same holder in another table of processes, as in a container beside this one, or on a copy of this machine. */
const elsewhere = (holder: string): string => [...holder.split(' ').slice(0, 3), 'another-kernel/4026531836'].join(' ');

const onLinux = process.platform === 'linux' ? it : it.skip;

describe('a holder', () => {
  it('that lives is not dead', () => {
    expect(isDead(newHolder())).toBe(false);
  });

  onLinux('that ended on this machine is dead', async () => {
    expect(isDead(await deadHolder())).toBe(true);
  });

  it('of the same host name whose ids are not those of this process is not dead, and neither is one that does not say', async () => {
    const holder = await deadHolder();
    expect(isDead(elsewhere(holder))).toBe(false);
    expect(isDead(holder.split(' ').slice(0, 3).join(' '))).toBe(false);
  });

  it('is called by its process and its host', () => {
    const [host] = newHolder().split(' ');
    const lease = { name: 'deals', holder: newHolder(), token: 1, until: '2026-01-01T00:00:00.000Z' };
    expect(projectorName(lease)).toBe(`process ${process.pid} on ${host}`);
  });
});

describe('a lease', () => {
  /** The tokens of both read models while another holder and this process ask for them in turn. */
  const contended = async (other: string): Promise<readonly number[]> => {
    const stage = await openStage();
    try {
      const names = ['a', 'b'];
      const keeper = new LeaseKeeper({
        store: stage.writer.leases,
        names: () => names,
        holder: newHolder(),
        spread: true,
        onChange: () => undefined,
      });
      await stage.writer.leases.acquire([...names, `member ${other}`], other, 60_000);
      for (let round = 0; round < 3; round++) await keeper.renew();
      return (await stage.writer.leases.held()).filter(({ name }) => names.includes(name)).map(({ token }) => token);
    } finally {
      await stage.close();
    }
  };

  onLinux('of one that died here is taken at once', async () => {
    expect(await contended(await deadHolder())).toEqual([2, 2]);
  });

  it('is given back once all has ended that is done under it', async () => {
    const stage = await openStage();
    try {
      await stage.happens('deal-1', DealOpened({ account: 'a', name: 'Ana', amount: 10 }), { ...DealRaised({ by: 1 }), version: 9 });
      await stage.happens('deadLetter-one', DeadLettersRetried({ readModel: 'deals', version: 1, key: null }));
      await stage.happens('deal-2', DealOpened({ account: 'a', name: 'Ana', amount: 10 }));
      let stopped: Promise<void> | undefined;
      const commit: ViewWriter['commit'] = async (commits) => {
        stopped ??= stop();
        await sleep(50);
        await stage.writer.commit(commits);
      };
      const stop = stage.follow([deals], { views: overriding(stage.writer, { commit }) });
      while (!stopped) await sleep(5);
      await stopped;
      expect(await stage.documents(deals)).toHaveProperty('2');
      expect(await stage.writer.leases.held()).toEqual([]);
    } finally {
      await stage.close();
    }
  });

  it('of one that lives where it can not be seen is left to it', async () => {
    expect(await contended(elsewhere(await deadHolder()))).toEqual([1, 1]);
  });
});
