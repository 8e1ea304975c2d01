/**
 * Checkpoints in MongoDB, in a database of their own: one document per name, with the lease of the same name. So a checkpoint that is moved
 * under that lease is guarded by one atomic write; another lease is checked before.
 */
import type { Collection } from 'mongodb';
import type { Position } from '../../kernel/event.js';
import { mongoLeases, mustHold, type LeaseRow } from '../../leases/mongo.js';
import type { Lease } from '../../leases/port.js';
import type { CheckpointMove, CheckpointStore } from '../port/checkpoints.js';
import { CheckpointMoved } from '../port/errors.js';
import { attempt, type Connection } from './connection.js';

interface Row extends LeaseRow {
  /** Absent until it is first moved. */
  readonly position?: Position;
}

export class MongoCheckpoints implements CheckpointStore {
  readonly leases;
  readonly #connection: Connection;
  readonly #rows: Collection<Row>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#rows = connection.db.collection('checkpoints');
    this.leases = mongoLeases(connection.db.collection('checkpoints'), (work) => this.#attempt(work));
  }

  read(name: string): Promise<Position> {
    return this.#attempt(() => this.#positionOf(name));
  }

  move({ name, from, to, lease }: CheckpointMove): Promise<void> {
    return this.#attempt(async () => {
      // `null` also matches a field that is absent.
      if (await this.#set(name, lease, { position: from === 0 ? { $in: [0, null] } : from }, to)) return;
      await this.#mustHold(lease);
      throw new CheckpointMoved(name, from, await this.#positionOf(name));
    });
  }

  reset(name: string, lease: Lease): Promise<void> {
    return this.#attempt(async () => {
      if (!(await this.#set(name, lease, {}, 0))) await this.#mustHold(lease);
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** @returns whether the checkpoint and the lease were as expected */
  async #set(name: string, lease: Lease, expected: object, position: Position): Promise<boolean> {
    const own = lease.name === name;
    if (!own) {
      await this.#mustHold(lease);
      await this.#rows.updateOne({ _id: name }, { $setOnInsert: { position: 0 } }, { upsert: true });
    }
    const filter = { _id: name, ...(own ? { 'lease.token': lease.token } : {}), ...expected };
    const { matchedCount } = await this.#rows.updateOne(filter, { $set: { position } });
    return matchedCount === 1;
  }

  async #mustHold(lease: Lease): Promise<void> {
    mustHold(await this.#rows.findOne({ _id: lease.name }), lease);
  }

  async #positionOf(name: string): Promise<Position> {
    return (await this.#rows.findOne({ _id: name }))?.position ?? 0;
  }

  #attempt<T>(work: () => Promise<T>): Promise<T> {
    return attempt(this.#connection, work);
  }
}
