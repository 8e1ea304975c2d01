/** One projector works on a read model at a time: who has lost the lease can't write, whatever he had worked out. */
import { describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointMoved } from '../../../src/views/port/errors.js';
import { LeaseLost } from '../../../src/leases/errors.js';
import { isMember, memberOf } from '../../../src/leases/members.js';
import type { Lease } from '../../../src/leases/port.js';
import type { ViewWriter } from '../../../src/views/port/store.js';
import { change, commitOf, keys, live } from './deals.js';
import { onStore, recordOf, type OpenStore } from './store.js';

const LONG = 600_000;

export function leases(open: OpenStore): void {
  describe('leases', () => {
    test(
      'of two that ask for several, each gets what is free, and both see who has what',
      onStore(open, async ({ writer, store }) => {
        const other = await store.writer();
        const [one] = await writer.leases.acquire(['a'], 'one', LONG);
        expect(one).toMatchObject({ name: 'a', holder: 'one' });
        expect((await other.leases.acquire(['a', 'b', 'c'], 'two', LONG)).map(({ name }) => name)).toEqual(['b', 'c']);
        const held = (await writer.leases.held()).filter(({ name }) => name !== 'deals');
        expect(held.map(({ name, holder }) => [name, holder]).sort()).toEqual([
          ['a', 'one'],
          ['b', 'two'],
          ['c', 'two'],
        ]);
        for (const { until } of held) expect(Date.parse(until)).toBeGreaterThan(Date.now());
      }),
    );

    test(
      'asked for at the same time, each goes to one',
      onStore(open, async ({ writer, store }) => {
        const sides = [writer, await store.writer(), await store.writer()];
        const names = ['a', 'b', 'c', 'd', 'e'];
        const taken = await Promise.all(sides.map((side, index) => side.leases.acquire(names, `holder ${index}`, LONG)));
        expect(
          taken
            .flat()
            .map(({ name }) => name)
            .sort(),
        ).toEqual(names);
      }),
    );

    test(
      'the holder keeps its token while it renews; the next one has a greater one',
      onStore(open, async ({ writer }) => {
        const [first] = await writer.leases.acquire(['a'], 'one', 40);
        const [renewed] = await writer.leases.acquire(['a'], 'one', LONG);
        expect(renewed).toEqual(first);
        await sleep(60);
        expect(await writer.leases.acquire(['a'], 'two', LONG)).toEqual([]);
        expect(await writer.leases.acquire(['a'], 'one', 40)).toEqual([first]);
        await sleep(60);
        expect((await writer.leases.held()).map(({ name }) => name)).not.toContain('a');
        const [next] = await writer.leases.acquire(['a'], 'two', LONG);
        expect(next!.token).toBeGreaterThan(first!.token);
        expect(await writer.leases.acquire(['a'], 'one', LONG)).toEqual([]);
      }),
    );

    test(
      'what is given back is free at once, and tokens do not go back',
      onStore(open, async ({ writer }) => {
        const tokens: number[] = [];
        for (const holder of ['one', 'two', 'one']) {
          const taken = await writer.leases.acquire(['a'], holder, LONG);
          tokens.push(...taken.map(({ token }) => token));
          await writer.leases.release(taken);
        }
        expect(tokens).toHaveLength(3);
        expect([...new Set(tokens)].sort((a, b) => a - b)).toEqual(tokens);
        // Giving back what another has by now takes nothing from it.
        const [current] = await writer.leases.acquire(['a'], 'two', LONG);
        await writer.leases.release([{ name: 'a', holder: 'one', token: tokens[2]! }]);
        expect(await writer.leases.acquire(['a'], 'three', LONG)).toEqual([]);
        expect(await writer.leases.held()).toEqual(expect.arrayContaining([expect.objectContaining(current!)]));
      }),
    );
  });

  describe('members', () => {
    const membersOf = async (writer: ViewWriter): Promise<readonly string[]> =>
      (await writer.leases.held()).filter(isMember).map(({ holder }) => holder);

    const joins = (writer: ViewWriter, holder: string, milliseconds: number): Promise<readonly Lease[]> =>
      writer.leases.acquire([memberOf(holder)], holder, milliseconds);

    test(
      'are there until they give their place back or it runs out, however often they take it again',
      onStore(open, async ({ writer, store }) => {
        const other = await store.writer();
        await joins(writer, 'one', LONG);
        const two = await joins(other, 'two', LONG);
        await joins(writer, 'three', 40);
        expect(await joins(writer, 'one', LONG)).toMatchObject([{ name: 'member one', holder: 'one' }]);
        await sleep(60);
        expect(await membersOf(other)).toEqual(['one', 'two']);
        await other.leases.release(two);
        expect(await membersOf(writer)).toEqual(['one']);
        // One that stood still for longer, and was forgotten, joins again.
        await joins(other, 'four', LONG);
        await joins(writer, 'three', LONG);
        expect(await membersOf(writer)).toEqual(['four', 'one', 'three']);
      }),
    );

    test(
      'join again while they and others are forgotten',
      onStore(open, async ({ writer, store }) => {
        const other = await store.writer();
        const holders = ['one', 'two', 'three', 'four', 'five', 'six'];
        for (let round = 0; round < 5; round++) {
          for (const holder of holders) await joins(writer, holder, 1);
          await sleep(5);
          const taken = await Promise.all(holders.map((holder, index) => joins(index % 2 === 0 ? writer : other, holder, LONG)));
          expect(taken.flat().map(({ holder }) => holder)).toEqual(holders);
          expect((await membersOf(writer)).toSorted()).toEqual(holders.toSorted());
          await writer.leases.release(taken.flat());
          expect(await membersOf(other)).toEqual([]);
        }
      }),
    );

    test(
      'take nothing with them: the tokens of read models go on, whatever their names',
      onStore(open, async ({ writer }) => {
        const names = ['a', memberOf('two')];
        const tokens: (readonly number[])[] = [];
        for (const holder of ['one', 'three', 'one']) {
          const taken = await writer.leases.acquire([memberOf(holder), ...names], holder, LONG);
          tokens.push(names.map((name) => taken.find((lease) => lease.name === name)!.token));
          await writer.leases.release(taken);
        }
        expect(tokens).toEqual([
          [1, 1],
          [2, 2],
          [3, 3],
        ]);
      }),
    );
  });

  describe('fencing', () => {
    test(
      'what was worked out under a lease that another has by now is refused, and changes nothing',
      onStore(open, async ({ writer, reader, store, lease }) => {
        const other = await store.writer();
        await writer.commit([commitOf(lease, 0, 1, change('a', 1, { name: 'before' }))]);
        await writer.leases.release([lease]);
        const [taken] = await other.leases.acquire(['deals'], 'another', LONG);
        const late = () => writer.commit([commitOf(lease, 1, 2, change('a', 2, { name: 'late' }), change('b', 2, {}))]);
        await expect(late()).rejects.toThrow(LeaseLost);
        await expect(late()).rejects.toThrow(/deals/);
        await expect(writer.reset(live, lease)).rejects.toThrow(LeaseLost);
        await expect(writer.finalize(live, lease)).rejects.toThrow(LeaseLost);
        expect(await reader.get(live, ['a', 'b'])).toMatchObject([{ name: 'before' }, null]);
        await other.commit([commitOf(taken!, 1, 2, change('a', 2, { name: 'theirs' }))]);
        await expect(late()).rejects.toThrow(LeaseLost);
        expect(await reader.get(live, ['a', 'b'])).toMatchObject([{ name: 'theirs' }, null]);
        expect(await reader.position(live)).toBe(2);
      }),
    );

    test(
      'a lease that nobody was given is refused',
      onStore(open, async ({ writer, reader, lease }) => {
        const made = { ...lease, name: 'nobody took this', token: 1 };
        await expect(writer.commit([commitOf(made, 0, 1, change('a', 1, {}))])).rejects.toThrow(LeaseLost);
        expect(await keys(reader)).toEqual([]);
      }),
    );

    test(
      'two that project under one lease do not both write: the checkpoint tells the second',
      onStore(open, async ({ writer, reader, store, lease }) => {
        const other = await store.writer();
        await writer.commit([commitOf(lease, 0, 1, change('a', 1, { name: 'first' }))]);
        await expect(other.commit([commitOf(lease, 0, 1, change('a', 1, { name: 'second' }))])).rejects.toThrow(CheckpointMoved);
        await other.commit([commitOf(lease, 1, 2, change('a', 2, { name: 'third' }))]);
        await writer.commit([commitOf(lease, 2, 3, change('a', 3, { name: 'fourth' }))]);
        expect(await Promise.all([1, 2, 3].map((asOf) => reader.get(live, ['a'], asOf)))).toMatchObject([
          [{ name: 'first' }],
          [{ name: 'third' }],
          [{ name: 'fourth' }],
        ]);
        expect(await recordOf(writer, live)).toMatchObject({ position: 3 });
      }),
    );
  });
}
