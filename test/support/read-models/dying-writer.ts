import type { ViewWriter } from '../../../src/views/port/store.js';
import { overriding } from '../overriding.js';

/** A store whose process dies at the n-th thing that it writes, before or after it is written: that fails with `killed`. */
export function dying(writer: ViewWriter, at: number, after: boolean): ViewWriter {
  let count = 0;
  const die = async <T>(write: () => Promise<T>): Promise<T> => {
    const last = count++ === at;
    if (last && !after) throw new Error('killed');
    const written = await write();
    if (last) throw new Error('killed');
    return written;
  };
  return overriding(writer, {
    commit: (commits) => die(() => writer.commit(commits)),
    raiseErasures: (build, erasures, lease) => die(() => writer.raiseErasures(build, erasures, lease)),
    finalize: (build, lease) => die(() => writer.finalize(build, lease)),
    cutOver: (build) => die(() => writer.cutOver(build)),
    drop: (build) => die(() => writer.drop(build)),
  });
}

/** Resolves when the work is done or its process has died. */
export async function unlessKilled(work: Promise<unknown>): Promise<void> {
  await work.catch((failure: unknown) => {
    if ((failure as Error).message !== 'killed') throw failure;
  });
}
