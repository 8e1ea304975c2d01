/** Fills an empty log with the demo company, through the ordinary commands, as a history: so that any day of its two years can be asked for. */
import { commandSpec } from '../kernel/command.js';
import { fromInput } from '../kernel/input.js';
import { mustTakeHistory } from '../import/carried-over.js';
import type { EventLog } from '../log/port.js';
import { eventsOf } from '../log/walk.js';
import type { CommandPipeline } from '../pipeline/command-pipeline.js';
import { DAYS, generate, type DemoCommand } from './generate.js';

export interface DemoOptions {
  readonly log: EventLog;
  readonly pipeline: CommandPipeline;
  readonly seed: number;
  /** The end of the two years, in milliseconds since 1970. */
  readonly until: number;
  readonly onProgress: (done: number, total: number) => void;
  /** Stops after the command that runs. */
  readonly signal: AbortSignal;
}

export interface DemoReport {
  /** `kept`: the log holds data, of a demo that was filled before or of somebody else's, and was left as it is. */
  readonly outcome: 'filled' | 'kept' | 'stopped';
  /** Commands run, by name. */
  readonly commands: ReadonlyMap<string, number>;
  /** Of the two years, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

const DAY = 86_400_000;

/** @throws HistoryNotEmpty when a demo was begun here, cut short, and other data came after it. */
export async function fillDemo({ log, pipeline, seed, until, onProgress, signal }: DemoOptions): Promise<DemoReport> {
  const begun = await begunHere(log);
  const period = begun ?? { seed, until };
  const from = period.until - DAYS * DAY;
  const nothing: DemoReport = { outcome: 'kept', commands: new Map(), from, until: period.until };
  if (!begun && (await log.head()) > 0) return nothing;

  const commands = generate(period.seed, period.until);
  if (begun) {
    const last = commands.at(-1);
    if (last && (await isThere(log, last))) return nothing;
    await mustTakeHistory(log);
  }
  const importedAt = new Date().toISOString();
  const run = new Map<string, number>();
  let done = 0;
  for (const { at, actor, command, commandId, input } of commands) {
    if (signal.aborted) return { ...nothing, outcome: 'stopped', commands: run };
    const recordedAt = new Date(at).toISOString();
    await pipeline.execute(fromInput(command, { ...input, commandId }), {
      actor,
      correlationId: commandId,
      causationId: done === 0 ? causeOf(period.seed) : commandId,
      carriedOver: { recordedAt, importedAt },
    });
    run.set(command.name, (run.get(command.name) ?? 0) + 1);
    onProgress(++done, commands.length);
  }
  return { ...nothing, outcome: 'filled', commands: run };
}

/** The first event of a demo names its seed as its cause: so that a demo that was cut short goes on as it began, on whatever day. */
function causeOf(seed: number): string {
  return `demo:${seed}`;
}

/** Which demo a log began with, if it did. */
async function begunHere(log: EventLog): Promise<{ readonly seed: number; readonly until: number } | undefined> {
  const { value: first } = await eventsOf(log, { limit: 1 }).next();
  const [seed] = /^demo:(\d+)$/.exec(first?.metadata.causationId ?? '')?.slice(1) ?? [];
  return first && seed !== undefined ? { seed: Number(seed), until: Date.parse(first.metadata.recordedAt) + DAYS * DAY } : undefined;
}

/** Whether a command has been run. */
async function isThere(log: EventLog, { command, commandId, input }: DemoCommand): Promise<boolean> {
  const events = await log.readStream({ type: commandSpec(command).aggregate.type, id: String(input['id']) });
  return events.some(({ metadata }) => metadata.commandId === commandId);
}
