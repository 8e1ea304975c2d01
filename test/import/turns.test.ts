/** Work in turns. */
import { describe, expect, test } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Turns, type Touched } from '../../src/import/turns.js';

/** Work that has begun, by name, and is over when it is told to be. */
function workshop() {
  const turns = new Turns();
  const begun: string[] = [];
  const endings = new Map<string, () => void>();
  const take = (name: string, touched: Readonly<Record<string, 'looks' | 'changes'>>): Promise<string> =>
    turns.take(new Map(Object.entries(touched)) satisfies Touched, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => {
        endings.set(name, resolve);
      });
      return name;
    });
  return { begun, take, end: (name: string) => endings.get(name)?.() };
}

/** Everything that can begin has begun. */
const quiet = nextTurn;

describe('work in turns', () => {
  test('begins at once when it touches nothing that others change', async () => {
    const { begun, take, end } = workshop();
    const all = [take('one', { a: 'changes', x: 'looks' }), take('other', { b: 'changes', x: 'looks' })];
    await quiet();
    expect(begun).toEqual(['one', 'other']);
    end('one');
    end('other');
    expect(await Promise.all(all)).toEqual(['one', 'other']);
  });

  test('waits for those before it that change what it looks at, and for those that look at what it changes', async () => {
    const { begun, take, end } = workshop();
    const all = [
      take('make', { a: 'changes' }),
      take('look', { a: 'looks' }),
      take('look too', { a: 'looks' }),
      take('mend', { a: 'changes' }),
    ];
    await quiet();
    expect(begun).toEqual(['make']);
    end('make');
    await quiet();
    expect(begun).toEqual(['make', 'look', 'look too']);
    end('look');
    await quiet();
    expect(begun).toHaveLength(3);
    end('look too');
    await quiet();
    expect(begun.at(-1)).toBe('mend');
    end('mend');
    await Promise.all(all);
  });

  test('does not overtake one that waits for something else, and goes on after one that fails', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const note = (name: string) => (): Promise<void> => {
      order.push(name);
      return name === 'broken' ? Promise.reject(new Error(name)) : Promise.resolve();
    };
    const settled = await Promise.allSettled([
      turns.take(new Map([['a', 'changes']]), note('broken')),
      turns.take(
        new Map([
          ['a', 'changes'],
          ['b', 'changes'],
        ]),
        note('both'),
      ),
      turns.take(new Map([['b', 'looks']]), note('last')),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(order).toEqual(['broken', 'both', 'last']);
  });
});
