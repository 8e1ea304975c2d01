/** The host of the projector's thread, with a thread that dies as soon as it starts: here its script is not there. */
import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config.js';
import { ProjectorHost } from '../../src/projector/host.js';

const hosted = (onWarning: () => void): ProjectorHost =>
  new ProjectorHost({ config: loadConfig({}), onBatches: () => undefined, onStop: () => undefined, onWarning });

describe('the host of a projector that dies', () => {
  it('tells of it and starts it again', async () => {
    let [told, deaths] = [(): void => undefined, 0];
    const twice = new Promise<void>((resolve) => {
      told = resolve;
    });
    const host = hosted(() => {
      deaths += 1;
      if (deaths === 2) told();
    });
    host.start();
    await twice;
    await host.stop();
  });

  it('ends in peace when it dies while it is stopped', async () => {
    const host = hosted(() => undefined);
    host.start();
    await expect(host.stop()).resolves.toBeUndefined();
  });

  it('starts nothing any more once it is stopped', async () => {
    let deaths = 0;
    let told = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      told = resolve;
    });
    const host = hosted(() => {
      deaths += 1;
      told();
    });
    host.start();
    await first;
    // It is dead, and about to be started again.
    await sleep(20);
    await host.stop();
    await sleep(500);
    expect(deaths).toBe(1);
  });
});
