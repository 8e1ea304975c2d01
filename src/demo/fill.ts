/** Fills an empty log with the demo company. It uses the ordinary commands and keeps past times as recorded times, so that `asOf` works for any day. */
import { assertHistoryAllowed } from '../import/history.js';
import { DAY_MS } from '../kernel/calendar.js';
import type { EventLog } from '../log/port.js';
import { eventsOf } from '../log/walk.js';
import type { CommandHandler } from '../command-handling/command-handler.js';
import { DAYS, generate } from './generate.js';

export interface DemoOptions {
  readonly log: EventLog;
  readonly commandHandler: CommandHandler;
  readonly seed: number;
  /** The end of the two years, in milliseconds since 1970. */
  readonly until: number;
  readonly onProgress: (done: number, total: number) => void;
  /** Stops when the running command is done. */
  readonly signal: AbortSignal;
}

export interface DemoReport {
  /** `kept`: the log already held a complete demo or other data, and was not changed. */
  readonly outcome: 'filled' | 'kept' | 'stopped';
  /** The number of commands that ran, by name. */
  readonly commands: ReadonlyMap<string, number>;
  /** The beginning and end of the two years, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

/**
 * Fills an empty log, or continues an interrupted demo.
 * @throws HistoryNotEmpty when other data was written after an interrupted demo
 */
export async function fillDemo({ log, commandHandler, seed, until, onProgress, signal }: DemoOptions): Promise<DemoReport> {
  const started = await demoIn(log);
  const period = started ?? { seed, until };
  const from = period.until - DAYS * DAY_MS;
  const nothing: DemoReport = { outcome: 'kept', commands: new Map(), from, until: period.until };
  if (!started && (await log.head()) > 0) return nothing;

  const commands = generate(period.seed, period.until);
  if (started) {
    const last = commands.at(-1);
    if (last && (await commandHandler.resultOf(last.command.definition, last.command, last.commandId)) !== undefined) return nothing;
    await assertHistoryAllowed(log);
  }
  const importedAt = new Date().toISOString();
  const run = new Map<string, number>();
  let done = 0;
  for (const { at, actor, command, commandId } of commands) {
    if (signal.aborted) return { ...nothing, outcome: 'stopped', commands: run };
    const recordedAt = new Date(at).toISOString();
    await commandHandler.execute(
      { ...command, commandId },
      {
        actor,
        correlationId: commandId,
        causationId: done === 0 ? causeOf(period.seed) : commandId,
        carriedOver: { recordedAt, importedAt },
      },
    );
    const { name } = command.definition;
    run.set(name, (run.get(name) ?? 0) + 1);
    onProgress(++done, commands.length);
  }
  return { ...nothing, outcome: 'filled', commands: run };
}

/** The causation id of the first event holds the seed, so that an interrupted demo continues with the same seed and period. */
function causeOf(seed: number): string {
  return `demo:${seed}`;
}

/** The demo that the log begins with, if any. */
async function demoIn(log: EventLog): Promise<{ readonly seed: number; readonly until: number } | undefined> {
  const { value: first } = await eventsOf(log, { limit: 1 }).next();
  const [seed] = /^demo:(\d+)$/.exec(first?.metadata.causationId ?? '')?.slice(1) ?? [];
  return first && seed !== undefined ? { seed: Number(seed), until: Date.parse(first.metadata.recordedAt) + DAYS * DAY_MS } : undefined;
}
