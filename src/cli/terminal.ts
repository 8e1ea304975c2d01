/** What a command of the command line gets from the outside: where to write, the environment, and being asked to stop. */
import type { ProgressStream } from './progress.js';

export interface Terminal {
  readonly out: ProgressStream;
  readonly err: ProgressStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How many columns there are to write on; undefined where nobody looks, as in a file or a pipe, or where it is not told. */
export function widthOf(stream: ProgressStream): number | undefined {
  return stream.isTTY === true ? stream.columns || undefined : undefined;
}

/** Aborts at Ctrl-C or SIGTERM; a second one ends the process as usual. `release` when nobody needs to know any more. */
export function stopSignal(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    release();
    controller.abort();
  };
  const release = (): void => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return { signal: controller.signal, release };
}
