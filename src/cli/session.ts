/** What a command of operations works with: log, read models and what may be asked for, opened for it and closed behind it. */
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

export interface Session extends Pick<Runtime, 'log' | 'views' | 'operations' | 'projections'> {
  readonly config: Config;
  readonly terminal: Terminal;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

/** How often the register is looked at, in milliseconds. */
const LOOK_EVERY_MS = 100;

export interface SessionOptions {
  /** The command writes into the log; otherwise it is opened to be read. */
  readonly decides?: boolean;
  /** The command may have to project: it shares the data folder with servers, and not with an import that has it to itself. */
  readonly projects?: boolean;
}

/**
 * Works with a data folder beside whoever else does. A folder that is not there is not made.
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
    // Opened to be written, a log is made where there is none.
    if (decides) await (await openLog(config, { readOnly: true })).close();
    // One command asks one thing after the other: threads would be started for nothing.
    const options = { readOnly: !decides, onRefusal: () => undefined };
    const runtime = await openRuntime({ ...config, readerThreads: 0 }, options);
    let lock: Lock | undefined;
    try {
      if (projects) lock = holdLock(join(config.dataDir, 'server.lock'), { shared: true });
      const { log, views, operations, projections } = runtime;
      return await work({ log, views, operations, projections, config, terminal, signal: stop.signal });
    } finally {
      await runtime.close();
      lock?.release();
    }
  } finally {
    stop.release();
  }
}

/**
 * Waits until something is done by whoever projects these read models: a server, or, as long as none does, this process.
 * @param look what came of it; undefined: not yet
 * @returns undefined when stopped
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
    onRetry: (failure) => terminal.err.write(`Tried again: ${messageOf(failure)}\n`),
  });
  const ending = new AbortController();
  // Takes the leases that are free: none of those that a server holds, but all of them when it ends before the work is done.
  const projecting = projector.run(ending.signal);
  try {
    for (;;) {
      const result = await look();
      if (result !== undefined || signal.aborted) return result;
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    ending.abort();
    await projecting;
    await writer.close();
  }
}
