/** Which version and which build of a read model answers. */
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { isOf } from '../port/build-identity.js';
import type { BuildRecord, BuildState, Served } from '../port/builds.js';

/** A part of a version of a read model, such as its projection. */
interface Versioned {
  readonly model: ReadModelSpec;
}

/** Of the versions that this program has, the one that answers: the live one if the program has it, otherwise the newest. */
export function servedModel(records: readonly BuildRecord[], versions: readonly ReadModelSpec[]): ReadModelSpec {
  const live = versions.find((model) => records.some((record) => record.state === 'live' && isOf(record, model)));
  return live ?? newest(versions);
}

/** The build of exactly this version that answers: the live one, otherwise the one that was retired or created last. */
export function servedBuild(records: readonly BuildRecord[], model: ReadModelSpec): Served {
  const order: readonly BuildState[] = ['building', 'ready', 'retired', 'live'];
  const [best] = records
    .filter((record) => isOf(record, model))
    .sort((a, b) => order.indexOf(b.state) - order.indexOf(a.state) || b.number - a.number);
  return { model, number: best?.number };
}

/** For each read model, the items of the version that answers: see `servedModel`. */
export function servedVersions<Of extends Versioned>(records: readonly BuildRecord[], all: readonly Of[]): readonly Of[] {
  return all.filter(({ model }) => servedModel(records, versionsOf(all, model.name)) === model);
}

/** For each read model, the items of the newest version: the one that is built. */
export function newestVersions<Of extends Versioned>(all: readonly Of[]): readonly Of[] {
  return all.filter(({ model }) => newest(versionsOf(all, model.name)) === model);
}

function versionsOf(all: readonly Versioned[], name: string): readonly ReadModelSpec[] {
  return all.flatMap(({ model }) => (model.name === name ? [model] : []));
}

/** Orders builds by `servedAt`, latest first; then by number, highest first. */
export function lastServedFirst(a: BuildRecord, b: BuildRecord): number {
  return (b.servedAt ?? '').localeCompare(a.servedAt ?? '') || b.number - a.number;
}

/** @throws TypeError when `versions` is empty */
export function newest(versions: readonly ReadModelSpec[]): ReadModelSpec {
  return versions.reduce((best, model) => (model.version > best.version ? model : best));
}
