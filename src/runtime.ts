/** The log, the views, command handling and process managers, for the server and the command line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, openViewReader, openViewWriter, withKeys } from './engines.js';
import { EMBEDDED, shownSetting, type Config } from './config.js';
import { gathered } from './log/gathered.js';
import { LogUnavailable, type EventLog } from './log/port.js';
import { CommandHandler } from './command-handling/command-handler.js';
import { configuredDomain, type Domain } from './domain.js';
import type { Erasures } from './sealing/erasures.js';
import { Reactor } from './policies/reactor.js';
import type { Refusal } from './policies/refusals.js';
import { PolicyStarts } from './policies/starts.js';
import { projectionsOf } from './projector/catalogue.js';
import { ReadModelAdministration } from './projector/read-model-administration.js';
import type { Projection } from './kernel/projection.js';
import type { ViewReader } from './views/port/store.js';
import type { Position } from './kernel/event.js';
import { withoutErased } from './sealing/erased-views.js';
import type { BuildRecord, Served } from './views/port/builds.js';
import { ServedViews } from './views/serving/served-views.js';

/** How long a process manager waits for a read model's first build, in milliseconds, before it is retried. */
const BUILD_PATIENCE_MS = 5_000;

export interface Runtime {
  readonly log: EventLog;
  /** Which records were erased, as far as is known. */
  readonly erasures: Erasures;
  readonly views: ViewReader;
  /** The domain of the configured contexts. */
  readonly domain: Domain;
  /** The served build of each read model. */
  readonly served: ServedViews;
  /** All versions of the program's projections. */
  readonly projections: readonly Projection[];
  readonly administration: ReadModelAdministration;
  readonly commandHandler: CommandHandler;
  readonly reactor: Reactor;
  /** The positions at which policies started. */
  readonly starts: PolicyStarts;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly onRefusal: (refusal: Refusal) => void;
  /**
   * How long a command waits for the reactions of process managers, in milliseconds. After that the policy runner completes them. By default a
   * command waits to the end, and fails if a reaction fails: for processes without a runner.
   */
  readonly patienceMs?: number;
  /** See `LogOptions`. */
  readonly durableAtClose?: boolean;
  /** A history is imported, one command after the other, while nobody else appends: see `gathered`. */
  readonly history?: boolean;
  readonly readOnly?: boolean;
  /** The URL of a module that exports `projections`. Defaults to the program's own. */
  readonly projections?: string;
}

/**
 * Opens the log and the views, and connects process managers to the command handler.
 * @throws LogUnavailable, ViewsUnavailable
 */
export async function openRuntime(config: Config, options: RuntimeOptions): Promise<Runtime> {
  const { onRefusal, patienceMs, durableAtClose = false, readOnly = false, history = false } = options;
  const closing: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const domain = configuredDomain(config);
    const { definitions, policies } = domain;
    /** Events whose policies query read models, and so need their position at once. */
    const awaited = policies.flatMap(({ finds, types }) => (finds.length > 0 ? types : []));
    const recorded = await openLog(config, { durableAtClose, readOnly });
    let log: EventLog = recorded;
    closing.push(() => log.close());
    const views = await openViewReader(config);
    closing.push(() => views.close());
    await refuseLostLog(recorded, views, config);
    const opened = await withKeys(recorded, config, domain, { readOnly });
    log = history ? gathered(opened, awaited) : opened;
    const projections = await projectionsOf(config, options.projections);
    const served = new ServedViews(
      views,
      projections.map(({ model }) => model),
    );
    await served.start();
    await opened.erasures.knowAfter(lowestOf(await views.builds()));
    closing.push(() => served.stop());
    const commandHandler = new CommandHandler({
      log,
      definitions,
      isSameCommand: (...asked) => opened.isSameCommand(...asked),
      cacheSize: config.stateCache,
    });
    const build = async (readModel: string): Promise<Served> => {
      const model = served.models().find(({ name }) => name === readModel);
      if (!model) throw new TypeError(`There is no read model ${readModel}.`);
      return served.waitForBuild(model, BUILD_PATIENCE_MS);
    };
    const starts = new PolicyStarts(log, commandHandler, definitions);
    const reactor = new Reactor({ log, commandHandler, policies, definitions, finding: { views, build }, starts, onRefusal });
    commandHandler.react(async (events, areNew) => {
      if (!events.some(({ type }) => reactor.types.has(type))) return undefined;
      const reaction = reactor.react(events, areNew ? 'appended' : 'sentAgain');
      return patienceMs === undefined ? reaction : within(patienceMs, reaction);
    });
    const administration = new ReadModelAdministration({
      reader: views,
      writer: () => openViewWriter(config),
      commandHandler,
      projections,
      requestTimeoutMs: config.requestTimeoutMs,
    });
    closing.push(() => administration.close());
    return {
      log,
      erasures: opened.erasures,
      views: withoutErased(views, opened.erasures),
      domain,
      served,
      projections,
      administration,
      commandHandler,
      reactor,
      starts,
      close,
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

/** The position of the read model that is furthest behind, of those that answer. */
function lowestOf(builds: readonly BuildRecord[]): Position {
  return Math.min(Infinity, ...builds.flatMap(({ state, position }) => (state === 'live' ? [position] : [])));
}

/** Refuses an empty log with existing read models: it was lost, and a new one would take its place. @throws LogUnavailable */
async function refuseLostLog(log: EventLog, views: ViewReader, { logUrl, logPrefix }: Config): Promise<void> {
  if ((await log.head()) > 0) return;
  // On a shared server, the position of a build may be greater than 0 although the log is empty.
  const made = (await views.builds()).filter(({ events }) => events > 0);
  const last = Math.max(0, ...made.map(({ position }) => position));
  if (last === 0) return;
  const lost = `its read models were built from a log that reached position ${last}`;
  throw new LogUnavailable(
    logUrl === EMBEDDED
      ? `The event log is empty, but ${lost}: it was lost or truncated. Restore events.db from a backup; to start with an empty log, use another data folder.`
      : `The event log ${shownSetting(logUrl)} has no events under the prefix "${logPrefix}", but ${lost}. Check its address and DAYBOOK_LOG_PREFIX, or ` +
          'restore the server from a backup; to start with an empty log, use another data folder and another database of read models.',
  );
}

/** The result of a reaction; undefined when it takes longer or fails: then the runner repeats it. */
async function within<T>(patienceMs: number, reaction: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = sleep(patienceMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([reaction.catch(() => undefined), late]);
  } finally {
    timer.abort();
  }
}
