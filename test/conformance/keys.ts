/** What every key store promises (src/keys/port.ts), for each engine. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { KeyStore, WrappedKey } from '../../src/keys/port.js';

export interface KeyPlace {
  /** Opens the store, as another process does. */
  open(): Promise<KeyStore>;
  /** Closes what was opened, and removes the store. */
  remove(): Promise<void>;
}

function someKeys(count: number, master = 'm1'): readonly WrappedKey[] {
  return Array.from({ length: count }, () => ({ k: randomBytes(12).toString('base64url'), master, wrapped: randomBytes(61) }));
}

const ids = (keys: readonly WrappedKey[]): readonly string[] => keys.map(({ k }) => k).sort();
/** In the order of their ids, with their bytes as text. */
const shown = (keys: readonly WrappedKey[]) =>
  [...keys].sort((a, b) => (a.k < b.k ? -1 : 1)).map(({ k, master, wrapped }) => [k, master, Buffer.from(wrapped).toString('hex')]);

async function all(store: KeyStore, page = 100): Promise<readonly WrappedKey[]> {
  const found: WrappedKey[] = [];
  for (;;) {
    const next = await store.list(found.at(-1)?.k ?? '', page);
    found.push(...next);
    if (next.length < page) return found;
  }
}

export function keysConformance(engine: string, place: () => Promise<KeyPlace>): void {
  describe(`${engine}: a key store`, () => {
    let current: KeyPlace;
    let one: KeyStore;
    let other: KeyStore;
    beforeEach(async () => {
      current = await place();
      [one, other] = await Promise.all([current.open(), current.open()]);
    });
    afterEach(() => current.remove());

    test('is empty at first', async () => {
      expect(await one.count()).toBe(0);
      expect(await one.list('', 10)).toEqual([]);
      expect(await one.find(['nobody'])).toEqual([]);
      expect(await one.value('name')).toBeUndefined();
      await one.add([]);
      await one.replace([]);
      await one.drop([]);
    });

    test('gives back the bytes that were added, also to others and after it was closed', async () => {
      const keys = someKeys(300);
      await one.add(keys);
      expect(shown(await other.find(ids(keys)))).toEqual(shown(keys));
      await one.close();
      const later = await current.open();
      expect(shown(await later.find([...ids(keys), 'nobody']))).toEqual(shown(keys));
      expect(await later.count()).toBe(300);
    });

    test('leaves a key that is there as it is, and adds those beside it', async () => {
      const [first, second] = someKeys(2) as [WrappedKey, WrappedKey];
      await one.add([first]);
      await other.add([{ ...first, wrapped: randomBytes(61) }, second]);
      expect(shown(await one.find([first.k, second.k]))).toEqual(shown([first, second]));
    });

    test('lists keys in the order of their ids, a page at a time', async () => {
      const keys = someKeys(250);
      await one.add(keys);
      const pages = await all(other, 30);
      expect(pages.map(({ k }) => k)).toEqual(ids(keys));
    });

    test('drops keys, once for all', async () => {
      const keys = someKeys(20);
      await one.add(keys);
      await other.drop([...ids(keys.slice(0, 5)), 'nobody']);
      await one.drop(ids(keys.slice(0, 5)));
      expect(ids(await one.list('', 100))).toEqual(ids(keys.slice(5)));
    });

    test('replaces keys, and none that was dropped', async () => {
      const keys = someKeys(10);
      await one.add(keys);
      await other.drop([keys[0]!.k]);
      const anew = keys.map((key) => ({ ...key, master: 'm2', wrapped: randomBytes(61) }));
      await one.replace(anew);
      expect(shown(await other.list('', 100))).toEqual(shown(anew.slice(1)));
    });

    test('takes keys from several at once', async () => {
      const blocks = Array.from({ length: 8 }, () => someKeys(64));
      await Promise.all(blocks.map((block, index) => (index % 2 ? one : other).add(block)));
      expect(ids(await one.list('', 1_000))).toEqual(ids(blocks.flat()));
    });

    test('drops for good what others replace at the same time', async () => {
      const keys = someKeys(200);
      await one.add(keys);
      const anew = keys.map((key) => ({ ...key, master: 'm2' }));
      const gone = keys.filter((_, index) => index % 2);
      await Promise.all([
        ...Array.from({ length: 10 }, (_, n) => one.replace(anew.slice(n * 20, n * 20 + 20))),
        ...Array.from({ length: 10 }, (_, n) => other.drop(ids(gone.slice(n * 10, n * 10 + 10)))),
      ]);
      const left = await one.list('', 1_000);
      expect(ids(left)).toEqual(ids(keys.filter((_, index) => index % 2 === 0)));
      expect(new Set(left.map(({ master }) => master))).toEqual(new Set(['m2']));
    });

    test('sets a value once, whoever sets it', async () => {
      const set = await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? one : other).setOnce('log', `log ${n}`)));
      expect(new Set(set).size).toBe(1);
      expect(await other.value('log')).toBe(set[0]);
      expect(await one.setOnce('log', 'late')).toBe(set[0]);
      expect(await one.setOnce('another', 'value')).toBe('value');
    });

    test('changes a value for one of those who change it from the same', async () => {
      expect(await one.change('master', 'a', 'b')).toBe(false);
      expect(await one.value('master')).toBeUndefined();
      await one.setOnce('master', 'a');
      const changed = await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? one : other).change('master', 'a', `b${n}`)));
      expect(changed.filter(Boolean)).toHaveLength(1);
      expect(await other.value('master')).toBe(`b${changed.indexOf(true)}`);
    });
  });
}
