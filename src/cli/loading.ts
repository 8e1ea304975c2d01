/** A runtime for loading much at once. */
import { join } from 'node:path';
import type { Config } from '../config.js';
import { openRuntime, type Runtime, type RuntimeOptions } from '../runtime.js';
import { holdLock, LockHeld, type Lock } from '../sqlite/lock.js';

/**
 * Opens log and commands. Where no server runs on the data folder, none can start until this is closed, and the disk is waited for at
 * closing rather than with each command: what a loss of power takes, running the load again puts back. Beside a server, which may have
 * shown what was written, each command waits for the disk as always.
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
