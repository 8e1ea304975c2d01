/** Readers hear of what is committed, and wait for positions. */
import { describe, expect, test } from '@jest/globals';
import { BuildGone } from '../../../src/views/port/errors.js';
import { PositionTimeout } from '../../../src/views/port/query-errors.js';
import { deals, live } from './deals.js';
import { keepDeals, onStore, type OpenStore } from './store.js';

/** Resolves when it is called; `times` counts all calls. */
function listening() {
  let times = 0;
  let heard = (): void => undefined;
  const listener = (): void => {
    times += 1;
    heard();
  };
  const next = async (): Promise<void> => {
    const before = times;
    while (times === before) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  return { listener, next, times: () => times };
}

export function news(open: OpenStore): void {
  describe('news', () => {
    test(
      'of a commit, of a build that was begun, completed, took over or was dropped reach who listens, until he stops',
      onStore(open, async ({ writer, reader, store, lease, keep }) => {
        const second = await store.reader();
        const sides = [listening(), listening()];
        const stops = [reader, second].map((side, index) => side.onChange(sides[index]!.listener));
        const heard = async (work: () => Promise<unknown>): Promise<void> => {
          const next = Promise.all(sides.map((side) => side.next()));
          await work();
          await next;
        };
        await heard(() => keep({ a: {} }));
        const build = { model: { ...deals, version: 2 }, number: 2 };
        await heard(() => writer.begin(build.model));
        await heard(() => keep({ a: {} }, build));
        await heard(() => writer.finalize(build, lease));
        await heard(() => writer.cutOver({ name: 'deals', version: 2, number: 2 }));
        await heard(() => writer.drop({ name: 'deals', version: 1, number: 1 }));
        for (const stop of stops) stop();
        const other = listening();
        reader.onChange(other.listener);
        const before = sides.map((side) => side.times());
        const next = other.next();
        await keep({ b: {} }, build);
        await next;
        expect(sides.map((side) => side.times())).toEqual(before);
      }),
    );

    test('reach who listened before there was anything', async () => {
      const store = await open();
      try {
        const reader = await store.reader();
        const side = listening();
        reader.onChange(side.listener);
        const next = side.next();
        const writer = await store.writer();
        await writer.begin(deals);
        await next;
        while ((await reader.builds()).length === 0) await side.next();
        expect(await reader.builds()).toMatchObject([{ name: 'deals', state: 'live' }]);
      } finally {
        await store.remove();
      }
    });

    test(
      'a waiting reader goes on once the position is reached, or is told that it was not',
      onStore(open, async ({ reader, keep, store, lease }) => {
        await reader.waitFor(live, 0, 1_000);
        const waits = [reader.waitFor(live, 1, 20_000), reader.waitFor(live, 2, 20_000)];
        await keep({ a: {} });
        await waits[0];
        await expect(reader.waitFor(live, 2, 30)).rejects.toThrow(PositionTimeout);
        await expect(reader.waitFor(live, 9, 30)).rejects.toMatchObject({ model: 'deals', wanted: 9, at: 1 });
        const other = await store.writer();
        await keepDeals(other, lease, { b: {} });
        await waits[1];
        expect(await reader.position(live)).toBe(2);
      }),
    );

    test(
      'who waits for a build that is dropped is told so, and others wait on',
      onStore(open, async ({ writer, reader, keep, lease }) => {
        const next = await writer.begin({ ...deals, version: 2 });
        const waits = [reader.waitFor(live, 1, 60_000), reader.waitFor(next, 1, 60_000), reader.waitFor(live, 2, 60_000)];
        const told = expect(waits[1]).rejects.toThrow(BuildGone);
        await writer.drop({ name: 'deals', version: 2, number: next.number });
        await told;
        await keep({ a: {} });
        await waits[0];
        await keepDeals(writer, lease, { b: {} });
        await waits[2];
      }),
    );
  });
}
