/** A runtime for loading large amounts of data. */
import { join } from 'node:path';
import type { Config } from '../config.js';
import { openRuntime, type Runtime, type RuntimeOptions } from '../runtime.js';
import { holdLock, LockHeld, type Lock } from '../sqlite/lock.js';

/**
 * Opens the log and the command handling. If no server runs on the data folder, none can start until this is closed, and data is synchronised
 * to disk only when it is closed: after a power failure, running the load again restores what was lost. If a server runs, it may already have
 * shown the data, so every command is synchronised as usual.
 * @throws LogUnavailable, ViewsUnavailable, DatabaseUnavailable
 */
export async function openForLoading(config: Config, options: Pick<RuntimeOptions, 'onRefusal' | 'history'>): Promise<Runtime> {
  const lock = lockUnlessHeld(join(config.dataDir, 'server.lock'));
  try {
    const runtime = await openRuntime(config, { ...options, durableAtClose: lock !== undefined });
    return {
      ...runtime,
      async close() {
        try {
          await runtime.close();
        } finally {
          lock?.release();
        }
      },
    };
  } catch (failure) {
    lock?.release();
    throw failure;
  }
}

function lockUnlessHeld(file: string): Lock | undefined {
  try {
    return holdLock(file, { shared: false });
  } catch (failure) {
    if (failure instanceof LockHeld) return undefined;
    throw failure;
  }
}
