/** The projections that a program runs: those of the contexts that it uses, of every version that it has, or those of another module. */
import type { Config } from '../config.js';
import { configuredDomain } from '../domain.js';
import type { Projection } from '../kernel/projection.js';

/** @param module the URL of a module that exports `projections`; this program's own when left out */
export async function projectionsOf(config: Pick<Config, 'modules'>, module?: string): Promise<readonly Projection[]> {
  if (module === undefined) return configuredDomain(config).projections;
  const loaded = (await import(module)) as { readonly projections?: readonly Projection[] };
  if (!loaded.projections) throw new TypeError(`${module} does not export projections.`);
  return loaded.projections;
}
