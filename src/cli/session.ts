/** Opens the log, the read models and the operations for one command, and closes them after it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../kernel/message-of.js';
import type { Config } from '../config.js';
import { openLog, openViewWriter } from '../engines.js';
import { Projector } from '../projector/projector.js';
import { projectorSettings } from '../projector/settings.js';
import { openRuntime, type Runtime } from '../runtime.js';
import { holdLock, type Lock } from '../sqlite/lock.js';
import { stopSignal, type Terminal } from './terminal.js';

export interface Session extends Pick<Runtime, 'log' | 'views' | 'administration' | 'projections'> {
  readonly config: Config;
  readonly terminal: Terminal;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The time between two checks, in milliseconds. */
const POLL_MS = 100;

export interface SessionOptions {
  /** Opens the log for writing. */
  readonly decides?: boolean;
  /** The command may project. It can share the data folder with servers, but not with an import that needs it exclusively. */
  readonly projects?: boolean;
}

/**
 * Opens a data folder, which other processes may use at the same time. Does not create a missing folder.
 * @throws LogUnavailable, ViewsUnavailable, LockHeld
 */
export async function withSession(
  config: Config,
  terminal: Terminal,
  { decides = false, projects = false }: SessionOptions,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  const stop = stopSignal();
  try {
    // Opening a log for writing would create it.
    if (decides) await (await openLog(config, { readOnly: true })).close();
    // A command reads one thing after the other, so reader threads would be of no use.
    const options = { readOnly: !decides, onRefusal: () => undefined };
    const runtime = await openRuntime({ ...config, readerThreads: 0 }, options);
    let lock: Lock | undefined;
    try {
      if (projects) lock = holdLock(join(config.dataDir, 'server.lock'), { shared: true });
      const { log, views, administration, projections } = runtime;
      return await work({ log, views, administration, projections, config, terminal, signal: stop.signal });
    } finally {
      await runtime.close();
      lock?.release();
    }
  } finally {
    stop.release();
  }
}

/**
 * Polls for a result while a server projects these read models or, if none does, this process.
 * @param look returns the result, or undefined if there is none yet
 * @returns undefined if stopped with Ctrl-C
 */
export async function whileProjecting<T>(
  { config, terminal, log, views, projections, signal }: Session,
  names: readonly string[],
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const writer = await openViewWriter(config);
  const projector = new Projector({
    log,
    views: writer,
    reader: views,
    projections: projections.filter(({ model }) => names.includes(model.name)),
    ...projectorSettings(config),
    onRetry: (failure) => terminal.err.write(`Retrying after: ${messageOf(failure)}\n`),
  });
  const ending = new AbortController();
  // Takes only leases that are free: none that a server holds, unless the server ends before the work is done.
  const projecting = projector.run(ending.signal);
  try {
    for (;;) {
      const result = await look();
      if (result !== undefined || signal.aborted) return result;
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    ending.abort();
    await projecting;
    await writer.close();
  }
}
