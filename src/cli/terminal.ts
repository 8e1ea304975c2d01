/** The environment of a command: its output, its environment variables, and the signals to stop. */
import type { ProgressStream } from './progress.js';

export interface Terminal {
  readonly out: ProgressStream;
  readonly err: ProgressStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The width of a terminal; undefined for a file or a pipe, or if it is unknown. */
export function widthOf(stream: ProgressStream): number | undefined {
  return stream.isTTY === true ? stream.columns || undefined : undefined;
}

/** Aborts on Ctrl-C or SIGTERM. A second signal ends the process as usual. Call `release` when the signal is no longer needed. */
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
