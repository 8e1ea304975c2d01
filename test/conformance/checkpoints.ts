/** The definition of checkpoints: every engine's test runs it. */
import { describe, expect, test } from '@jest/globals';
import { LeaseLost } from '../../src/leases/errors.js';
import type { Lease } from '../../src/leases/port.js';
import type { CheckpointStore } from '../../src/views/port/checkpoints.js';
import { CheckpointMoved } from '../../src/views/port/errors.js';

/** An empty place for checkpoints. */
export interface CheckpointPlace {
  /** Opens it; may be called several times, as by several processes. */
  open(): Promise<CheckpointStore>;
  /** Closes everything that was opened, and opens it again. */
  reopen(): Promise<CheckpointStore>;
  /** Closes everything that was opened, and deletes what was stored. */
  remove(): Promise<void>;
}

const NAME = 'policy assign';
const MINUTES = 600_000;

async function leaseOf({ leases }: CheckpointStore, name = NAME, holder = 'one'): Promise<Lease> {
  const [lease] = await leases.acquire([name], holder, MINUTES);
  if (!lease) throw new Error(`${holder} did not get the lease ${name}.`);
  return lease;
}

/** @param make makes an empty place; called for each test */
export function checkpointsConformance(engine: string, make: () => Promise<CheckpointPlace>): void {
  const onPlace =
    (body: (store: CheckpointStore, other: CheckpointStore, reopen: () => Promise<CheckpointStore>) => Promise<void>) => async () => {
      const place = await make();
      try {
        await body(await place.open(), await place.open(), () => place.reopen());
      } finally {
        await place.remove();
      }
    };

  describe(`${engine}: checkpoints`, () => {
    test(
      'a checkpoint begins at 0, and every process reads where it was moved',
      onPlace(async (store, other) => {
        expect(await store.read(NAME)).toBe(0);
        const lease = await leaseOf(store);
        expect(await store.read(NAME)).toBe(0);
        await store.move({ name: NAME, from: 0, to: 7, lease });
        await store.move({ name: NAME, from: 7, to: 12, lease });
        expect(await other.read(NAME)).toBe(12);
        expect(await other.read('policy other')).toBe(0);
      }),
    );

    test(
      'a move from another position is refused, and says where the checkpoint is',
      onPlace(async (store) => {
        const lease = await leaseOf(store);
        await store.move({ name: NAME, from: 0, to: 7, lease });
        for (const from of [0, 3, 9]) {
          const refused = store.move({ name: NAME, from, to: 20, lease });
          await expect(refused).rejects.toThrow(CheckpointMoved);
          await expect(refused).rejects.toMatchObject({ checkpoint: NAME, expected: from, actual: 7 });
        }
        expect(await store.read(NAME)).toBe(7);
      }),
    );

    test(
      'of two that move it from the same position, one is refused',
      onPlace(async (store, other) => {
        const lease = await leaseOf(store);
        const moves = await Promise.allSettled([store, other].map((each) => each.move({ name: NAME, from: 0, to: 5, lease })));
        expect(moves.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        expect(await store.read(NAME)).toBe(5);
      }),
    );

    test(
      'a move or a reset under a lease that another holder has acquired is refused',
      onPlace(async (store, other) => {
        const lost = await leaseOf(store);
        await store.move({ name: NAME, from: 0, to: 7, lease: lost });
        await store.leases.release([lost]);
        const lease = await leaseOf(other, NAME, 'two');
        await expect(store.move({ name: NAME, from: 7, to: 9, lease: lost })).rejects.toThrow(LeaseLost);
        await expect(store.reset(NAME, lost)).rejects.toThrow(LeaseLost);
        await expect(store.move({ name: NAME, from: 7, to: 9, lease: { ...lost, name: 'nobody' } })).rejects.toThrow(LeaseLost);
        expect(await other.read(NAME)).toBe(7);
        await other.move({ name: NAME, from: 7, to: 9, lease });
        expect(await store.read(NAME)).toBe(9);
      }),
    );

    test(
      'a lease of another name protects a checkpoint just as well',
      onPlace(async (store, other) => {
        const lease = await leaseOf(store, 'all policies');
        await store.move({ name: NAME, from: 0, to: 7, lease });
        await expect(store.move({ name: NAME, from: 0, to: 9, lease })).rejects.toThrow(CheckpointMoved);
        await store.leases.release([lease]);
        await leaseOf(other, 'all policies', 'two');
        await expect(store.move({ name: NAME, from: 7, to: 9, lease })).rejects.toThrow(LeaseLost);
        expect(await store.read(NAME)).toBe(7);
      }),
    );

    test(
      'after a reset it is at 0, also when it was never moved',
      onPlace(async (store) => {
        const lease = await leaseOf(store);
        await store.reset(NAME, lease);
        expect(await store.read(NAME)).toBe(0);
        await store.move({ name: NAME, from: 0, to: 7, lease });
        await store.reset(NAME, lease);
        expect(await store.read(NAME)).toBe(0);
        await store.move({ name: NAME, from: 0, to: 3, lease });
        expect(await store.read(NAME)).toBe(3);
      }),
    );

    test(
      'checkpoints outlast the process, and moving one leaves its lease alone',
      onPlace(async (store, _, reopen) => {
        const lease = await leaseOf(store);
        await store.move({ name: NAME, from: 0, to: 7, lease });
        const later = await reopen();
        expect(await later.read(NAME)).toBe(7);
        expect(await later.leases.held()).toEqual([expect.objectContaining(lease)]);
      }),
    );
  });
}
