/** Changes of the register that are refused when a value or the lease is no longer as expected. */
import { mustHold } from '../../leases/mongo.js';
import type { Lease } from '../../leases/port.js';
import { buildName, idOf } from '../port/build-identity.js';
import type { Build } from '../port/builds.js';
import { BuildGone, CheckpointMoved, ErasuresMoved } from '../port/errors.js';
import { checkpointOf, pathOf } from './partitions.js';
import { entryIn, fieldOf, type Register, type RegisterRow } from './register.js';

/** Values of a build's entry by field name; nested fields are named with dots. */
export type Values = Readonly<Record<string, unknown>>;

export class GuardedRegister {
  readonly #register: Register;

  constructor(register: Register) {
    this.#register = register;
  }

  /**
   * Changes a build's entry if `expected` matches and the lease is held. The read model's own lease is checked in the same atomic write, another
   * one before.
   * @throws LeaseLost, BuildGone, ErasuresMoved when `expected` has another `raised`, CheckpointMoved
   */
  async change(build: Build, lease: Lease, expected: Values, values: Values): Promise<void> {
    const field = `builds.${fieldOf(build.number)}.`;
    const { name } = build.model;
    if (lease.name !== name) await this.mustHold(lease);
    const { matchedCount } = await this.#register.updateOne(
      { _id: name, ...(lease.name === name ? { 'lease.token': lease.token } : {}), ...under(field, expected) },
      { $set: under(field, values) },
    );
    if (matchedCount === 1) return;
    const rows = await this.rows([name, lease.name]);
    mustHold(rows.get(lease.name), lease);
    const now = entryIn(rows.get(name), build);
    if (!now) throw new BuildGone(buildName(idOf(build)));
    const { raised } = expected;
    if (typeof raised === 'number' && raised !== now.raised) throw new ErasuresMoved(buildName(idOf(build)), raised, now.raised);
    const { position } = checkpointOf(now, build) ?? now;
    const from = expected[`${pathOf(build)}position`];
    throw new CheckpointMoved(buildName(idOf(build)), typeof from === 'number' ? from : position, position);
  }

  /** @throws LeaseLost */
  async mustHold(lease: Lease): Promise<void> {
    mustHold((await this.rows([lease.name])).get(lease.name), lease);
  }

  /** Documents of the register by name. */
  async rows(names: readonly string[]): Promise<ReadonlyMap<string, RegisterRow>> {
    const rows = await this.#register.find({ _id: { $in: [...new Set(names)] } }).toArray();
    return new Map(rows.map((row) => [row._id, row]));
  }
}

/** The values with a prefix before each field name. */
export function under(path: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${path}${name}`, value]));
}
