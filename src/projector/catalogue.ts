/** The projections that a program runs: its own, of every version that it has, or those of another module. */
import { projections } from '../../projections/index.js';
import type { Projection } from '../kernel/projection.js';

/** @param module the URL of a module that exports `projections`; this program's own when absent */
export async function projectionsOf(module?: string): Promise<readonly Projection[]> {
  if (module === undefined) return projections;
  const loaded = (await import(module)) as { readonly projections?: readonly Projection[] };
  if (!loaded.projections) throw new TypeError(`${module} does not export projections.`);
  return loaded.projections;
}
