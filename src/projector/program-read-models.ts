/** The read models of this program, with every version that it has. */
import type { Projection } from '../kernel/projection.js';
import type { ReadModelSpec } from '../kernel/read-model.js';
import { isOf } from '../views/port/build-identity.js';
import type { Build, BuildRecord } from '../views/port/builds.js';
import { servedBuild, servedModel, servedVersions } from '../views/serving/versions.js';
import { NotFound } from './not-found.js';

export class ProgramReadModels {
  readonly #projections: readonly Projection[];

  constructor(projections: readonly Projection[]) {
    this.#projections = projections;
  }

  /** Their names, in alphabetical order. */
  get names(): readonly string[] {
    return [...new Set(this.#projections.map(({ model }) => model.name))].sort();
  }

  /** Whether this program has the version and columns of a build. */
  has(build: BuildRecord): boolean {
    return this.#projections.some(({ model }) => isOf(build, model));
  }

  /**
   * All versions of a read model.
   * @param field the input that named the read model
   * @throws NotFound
   */
  versionsOf(name: string, field = 'readModel'): readonly Projection[] {
    const versions = this.#projections.filter(({ model }) => model.name === name);
    if (versions.length > 0) return versions;
    throw new NotFound(field, `There is no read model ${JSON.stringify(name)}; there are ${this.names.join(', ')}.`);
  }

  /** The projections of the versions that answer, of these read models or of all, each once. @throws NotFound */
  served(records: readonly BuildRecord[], names: readonly string[] = this.names, field?: string): readonly Projection[] {
    return [...new Set(names)].flatMap((name) => servedVersions(records, this.versionsOf(name, field)));
  }

  /** The builds that this program has the version of; for each read model, the build that answers comes first. @throws NotFound */
  builds(records: readonly BuildRecord[], name?: string): readonly Build[] {
    const models = (name === undefined ? this.names : [name]).flatMap((each) => {
      const versions: readonly ReadModelSpec[] = this.versionsOf(each).map(({ model }) => model);
      const answers = servedModel(records, versions);
      return [answers, ...versions.filter((model) => model !== answers)];
    });
    return models.flatMap((model) => {
      const served = servedBuild(records, model).number;
      return records
        .filter((record) => isOf(record, model))
        .sort((a, b) => Number(b.number === served) - Number(a.number === served) || a.number - b.number)
        .map(({ number }): Build => ({ model, number }));
    });
  }
}
