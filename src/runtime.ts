/** Log, commands and process managers wired together: what the server and the command line share. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, openViewReader, openViewWriter } from './engines.js';
import { EMBEDDED, shownSetting, type Config } from './config.js';
import { gathered } from './log/gathered.js';
import { LogUnavailable, type EventLog } from './log/port.js';
import { CommandPipeline } from './pipeline/command-pipeline.js';
import { policies } from './policies/index.js';
import { Reactor, type Refusal } from './policies/reactor.js';
import { projectionsOf } from './projector/catalogue.js';
import { Operations } from './projector/operations.js';
import type { Projection } from './kernel/projection.js';
import type { ViewReader } from './views/port.js';
import type { Served } from './views/builds.js';
import { ServedViews } from './views/served.js';

/** How long a process manager waits for a read model to be begun, in milliseconds; then it is tried again. */
const BUILD_PATIENCE_MS = 5_000;

/** Types of events that read models are asked about as soon as they are appended. */
const awaited = policies.flatMap(({ asksViews, types }) => (asksViews ? types : []));

export interface Runtime {
  readonly log: EventLog;
  readonly views: ViewReader;
  /** Which build of each read model answers. */
  readonly served: ServedViews;
  /** Of every version that the program has. */
  readonly projections: readonly Projection[];
  readonly operations: Operations;
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
  /** A history is carried over into the log, one command after the other, and nobody else writes: see `gathered`. */
  readonly history?: boolean;
  readonly readOnly?: boolean;
  /** The URL of a module that exports `projections`, when they are not this program's own. */
  readonly projections?: string;
}

/**
 * Opens log and views and makes commands run, with what process managers answer to them at once.
 * @throws LogUnavailable, ViewsUnavailable
 */
export async function openRuntime(config: Config, options: RuntimeOptions): Promise<Runtime> {
  const { onRefusal, patienceMs, durableAtClose = false, readOnly = false, history = false } = options;
  const closing: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const opened = await openLog(config, { durableAtClose, readOnly });
    const log = history ? gathered(opened, awaited) : opened;
    closing.push(() => log.close());
    const views = await openViewReader(config);
    closing.push(() => views.close());
    await refuseLostLog(log, views, config);
    const projections = await projectionsOf(options.projections);
    const served = new ServedViews(
      views,
      projections.map(({ model }) => model),
    );
    await served.start();
    closing.push(() => served.stop());
    const pipeline = new CommandPipeline({ log, cacheSize: config.stateCache });
    const build = async (readModel: string): Promise<Served> => {
      const model = served.models().find(({ name }) => name === readModel);
      if (!model) throw new TypeError(`There is no read model ${readModel}.`);
      return served.there(model, BUILD_PATIENCE_MS);
    };
    const reactor = new Reactor({ pipeline, policies, context: { views, build }, onRefusal });
    pipeline.react(async (events) => {
      if (!events.some(({ type }) => reactor.types.has(type))) return undefined;
      return patienceMs === undefined ? reactor.react(events) : within(patienceMs, reactor.react(events));
    });
    const operations = new Operations({
      reader: views,
      writer: () => openViewWriter(config),
      pipeline,
      projections,
      requestTimeoutMs: config.requestTimeoutMs,
    });
    closing.push(() => operations.close());
    return { log, views, served, projections, operations, pipeline, reactor, close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

/** Read models of a log that is empty now: the log was lost, and going on would begin another in its place. @throws LogUnavailable */
async function refuseLostLog(log: EventLog, views: ViewReader, { logUrl, logPrefix }: Config): Promise<void> {
  if ((await log.head()) > 0) return;
  // A log among others' in one server is followed beyond its own last event, also before it has one.
  const made = (await views.builds()).filter(({ events }) => events > 0);
  const last = Math.max(0, ...made.map(({ position }) => position));
  if (last === 0) return;
  const lost = `the read models beside it were made of a log that reached position ${last}`;
  throw new LogUnavailable(
    logUrl === EMBEDDED
      ? `The event log is empty, but ${lost}: it was lost or cut off. Restore events.db from a backup; to begin anew instead, take another data folder.`
      : `The event log ${shownSetting(logUrl)} has no events under the prefix "${logPrefix}", but ${lost}. Check its address and DAYBOOK_LOG_PREFIX, or ` +
          'restore the server from a backup; to begin anew instead, take another data folder and another database of read models.',
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
