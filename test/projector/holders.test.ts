/** A process that died here is told at once; one that can't be seen from here is never taken for dead, whatever its machine is called. */
import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { projectorName } from '../../src/cli/build-rows.js';
import { isDead, newHolder } from '../../src/projector/holders.js';
import { LeaseKeeper } from '../../src/projector/leases.js';
import { openStage } from './stage.js';

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
        store: stage.writer,
        names: () => names,
        holder: newHolder(),
        spread: true,
        onChange: () => undefined,
      });
      await stage.writer.take([...names, `member ${other}`], other, 60_000);
      for (let round = 0; round < 3; round++) await keeper.renew();
      return (await stage.writer.held()).filter(({ name }) => names.includes(name)).map(({ token }) => token);
    } finally {
      await stage.close();
    }
  };

  onLinux('of one that died here is taken at once', async () => {
    expect(await contended(await deadHolder())).toEqual([2, 2]);
  });

  it('of one that lives where it can not be seen is left to it', async () => {
    expect(await contended(elsewhere(await deadHolder()))).toEqual([1, 1]);
  });
});
