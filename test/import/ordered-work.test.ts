/** Work on the same resources keeps its order, and other work runs at the same time. */
import { describe, expect, test } from '@jest/globals';
import { setImmediate as nextTick } from 'node:timers/promises';
import { OrderedWork, type Access, type Accesses } from '../../src/import/ordered-work.js';

/** Starts named work that ends when the test says so. */
function controlledWork() {
  const ordered = new OrderedWork();
  const begun: string[] = [];
  const endings = new Map<string, () => void>();
  const run = (name: string, accesses: Readonly<Record<string, Access>>): Promise<string> =>
    ordered.run(new Map(Object.entries(accesses)) satisfies Accesses, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => {
        endings.set(name, resolve);
      });
      return name;
    });
  return { begun, run, end: (name: string) => endings.get(name)?.() };
}

/** Resolves when all work that can start has started. */
const settled = nextTick;

describe('ordered work', () => {
  test('starts at once when nothing conflicts with it', async () => {
    const { begun, run, end } = controlledWork();
    const all = [run('one', { a: 'write', x: 'read' }), run('other', { b: 'write', x: 'read' })];
    await settled();
    expect(begun).toEqual(['one', 'other']);
    end('one');
    end('other');
    expect(await Promise.all(all)).toEqual(['one', 'other']);
  });

  test('waits for earlier writers of what it reads, and for earlier readers of what it writes', async () => {
    const { begun, run, end } = controlledWork();
    const all = [run('make', { a: 'write' }), run('read it', { a: 'read' }), run('read too', { a: 'read' }), run('change', { a: 'write' })];
    await settled();
    expect(begun).toEqual(['make']);
    end('make');
    await settled();
    expect(begun).toEqual(['make', 'read it', 'read too']);
    end('read it');
    await settled();
    expect(begun).toHaveLength(3);
    end('read too');
    await settled();
    expect(begun.at(-1)).toBe('change');
    end('change');
    await Promise.all(all);
  });

  test('does not overtake work that waits for another resource, and continues after work that fails', async () => {
    const ordered = new OrderedWork();
    const order: string[] = [];
    const note = (name: string) => (): Promise<void> => {
      order.push(name);
      return name === 'broken' ? Promise.reject(new Error(name)) : Promise.resolve();
    };
    const results = await Promise.allSettled([
      ordered.run(new Map([['a', 'write']]), note('broken')),
      ordered.run(
        new Map([
          ['a', 'write'],
          ['b', 'write'],
        ]),
        note('both'),
      ),
      ordered.run(new Map([['b', 'read']]), note('last')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(order).toEqual(['broken', 'both', 'last']);
  });
});
