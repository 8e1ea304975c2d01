/** Log, commands and process managers wired together: what the server and the command line share. */
import { setTimeout as sleep } from 'node:timers/promises';
import { projections } from '../projections/index.js';
import { openLog, openViewReader } from './engines.js';
import type { Config } from './config.js';
import { LogUnavailable, type EventLog } from './log/port.js';
import { CommandPipeline } from './pipeline/command-pipeline.js';
import { policies } from './policies/index.js';
import { Reactor, type Refusal } from './policies/reactor.js';
import type { ViewReader } from './views/port.js';

export interface Runtime {
  readonly log: EventLog;
  readonly views: ViewReader;
  readonly pipeline: CommandPipeline;
  readonly reactor: Reactor;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly onRefusal: (refusal: Refusal) => void;
  /**
   * How long a command waits for what process managers answer to it, in milliseconds; then it answers, and the policy runner sees to the
   * rest. Without it a command waits to the end and fails with it, as is right where no runner works.
   */
  readonly patienceMs?: number;
  /** See `LogOptions`. */
  readonly durableAtClose?: boolean;
}

/**
 * Opens log and views and makes commands run, with what process managers answer to them at once.
 * @throws LogUnavailable, ViewsUnavailable
 */
export async function openRuntime(config: Config, { onRefusal, patienceMs, durableAtClose = false }: RuntimeOptions): Promise<Runtime> {
  const log = await openLog(config, { durableAtClose });
  try {
    const views = await openViewReader(config);
    await refuseLostLog(log, views);
    const pipeline = new CommandPipeline({ log, cacheSize: config.stateCache });
    const reactor = new Reactor({ pipeline, policies, context: { views }, onRefusal });
    pipeline.react(async (events) => {
      if (!events.some(({ type }) => reactor.types.has(type))) return undefined;
      return patienceMs === undefined ? reactor.react(events) : within(patienceMs, reactor.react(events));
    });
    return {
      log,
      views,
      pipeline,
      reactor,
      async close() {
        await views.close();
        await log.close();
      },
    };
  } catch (failure) {
    await log.close();
    throw failure;
  }
}

/** Read models of a log that is empty now: the log was lost, and going on would begin another in its place. @throws LogUnavailable */
async function refuseLostLog(log: EventLog, views: ViewReader): Promise<void> {
  if ((await log.head()) > 0) return;
  const positions = await Promise.all(projections.map(({ model }) => views.position(model)));
  const last = Math.max(...positions);
  if (last === 0) return;
  await views.close();
  throw new LogUnavailable(
    `The event log is empty, but the read models beside it were made of a log that reached position ${last}: it was lost or cut off. ` +
      'Restore events.db from a backup; to begin anew instead, take another data folder.',
  );
}

/** What a reaction answers in time; undefined when it takes longer or fails, for then the runner repeats it. */
async function within<T>(patienceMs: number, reaction: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = sleep(patienceMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([reaction.catch(() => undefined), late]);
  } finally {
    timer.abort();
  }
}
