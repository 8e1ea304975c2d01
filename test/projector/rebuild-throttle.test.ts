/** What builds that are behind get of a projector's time, by a clock that the test moves. */
import { describe, expect, it } from '@jest/globals';
import { RebuildThrottle } from '../../src/projector/rebuild-throttle.js';

/** A projector's share, and a clock. Each event of those behind takes 0.1 ms. */
function given(percent: number) {
  let now = 1_000_000;
  const share = new RebuildThrottle({ percent, pageSize: 2_000, clock: () => now });
  const sizes: number[] = [];
  /** Work for those behind for so long, while events for the others arrive before and after each pause, or none; what part of the time it got. */
  const worked = async (milliseconds: number, arriving: boolean): Promise<number> => {
    const [began, end] = [now, now + milliseconds];
    let busy = 0;
    while (now < end) {
      if (arriving) share.noteEvents(1);
      now += share.pauseMs();
      if (arriving) share.noteEvents(1);
      await share.run(async (size) => {
        sizes.push(size);
        busy += size / 10;
        now += size / 10;
      });
    }
    return busy / (now - began);
  };
  return {
    share,
    sizes,
    worked,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

describe('builds that are behind', () => {
  it('have all the time, in whole pages, while nothing arrives', async () => {
    const { worked, sizes } = given(50);
    expect(await worked(10_000, false)).toBe(1);
    expect(new Set(sizes)).toEqual(new Set([2_000]));
  });

  it.each([5, 25, 50, 80])('have %i percent of it, in pieces of 20 ms, while events arrive', async (percent) => {
    const { worked, sizes } = given(percent);
    expect(await worked(60_000, true)).toBeCloseTo(percent / 100, 1);
    expect(new Set(sizes.slice(3))).toEqual(new Set([200]));
  });

  it('have all of it again a second after the last event', async () => {
    const { worked, share, pass } = given(10);
    await worked(5_000, true);
    expect(share.pauseMs()).toBeGreaterThan(0);
    pass(1_000);
    expect(share.pauseMs()).toBe(0);
    expect(await worked(10_000, false)).toBe(1);
  });

  it('are not held up by pages of none of their events', () => {
    const { share } = given(10);
    share.noteEvents(0);
    expect(share.pauseMs()).toBe(0);
  });
});
