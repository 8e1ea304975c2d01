/** Runs a verification with connections of its own and a scratch store in a temporary folder, which is deleted at the end. */
import type { Config } from '../config.js';
import { domain } from '../domain.js';
import { openSealed, openScratchViews, openViewReader } from '../engines.js';
import { projectionsOf } from './catalogue.js';
import { ProgramReadModels } from './program-read-models.js';
import { scratchFolder } from './scratch-folder.js';
import { verify, type Verification, type VerifyOptions } from './verification.js';

export interface IsolatedVerificationOptions extends Pick<VerifyOptions, 'onProgress' | 'signal' | 'maxDifferences' | 'unprojected'> {
  readonly config: Config;
  /** The names of the read models to verify. */
  readonly readModels: readonly string[];
  /** The URL of a module that exports `projections`; defaults to this program's own. */
  readonly projections?: string;
}

/** @throws NotFound, PositionTimeout, LogUnavailable, ViewsUnavailable, and the signal's reason when it aborts */
export async function verifyIsolated({
  config,
  readModels,
  projections: module,
  ...options
}: IsolatedVerificationOptions): Promise<readonly Verification[]> {
  const folder = await scratchFolder();
  const closing: (() => Promise<void>)[] = [() => folder.remove()];
  try {
    const log = await openSealed(config, domain, { readOnly: true });
    closing.push(() => log.close());
    const live = await openViewReader({ ...config, readerThreads: 0 });
    closing.push(() => live.close());
    const aside = await openScratchViews(folder.path);
    closing.push(
      () => aside.writer.close(),
      () => aside.reader.close(),
    );
    const all = await projectionsOf(config, module);
    const projections = new ProgramReadModels(all).served(await live.builds(), readModels);
    return await verify({ ...options, log, live, scratch: aside, projections, pageSize: config.projectionPage });
  } finally {
    for (const step of closing.reverse()) await step();
  }
}
