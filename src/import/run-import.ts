/** Runs a mapping: each step becomes an ordinary command. Its id derives from the mapping, the row and the step, so that importing again changes nothing. */
import { commandSpec, type AnyCommand } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import { patterns } from '../kernel/field.js';
import { fromInput, InvalidInput } from '../kernel/input.js';
import { Rejection } from '../kernel/rejection.js';
import type { EventLog } from '../log/port.js';
import type { CommandPipeline, Outcome, Request } from '../pipeline/command-pipeline.js';
import { referencedIds } from '../pipeline/references.js';
import type { Refusal } from '../policies/reactor.js';
import { countEvents, mustTakeHistory } from './carried-over.js';
import { InvalidValue } from './expression.js';
import type { Mapping } from './mapping.js';
import { actorOf, inputOf, plan, type PlannedRecord, type PlannedStep } from './plan.js';
import { Rejects } from './rejects.js';
import { reportOf, type Counts, type ImportReport } from './report.js';

export interface ImportOptions {
  readonly log: EventLog;
  readonly pipeline: CommandPipeline;
  /** What process managers were refused since the last call. */
  readonly refusals: () => readonly Refusal[];
  /** Keeps the source's times as recorded times. */
  readonly asHistory: boolean;
  readonly rejectsFile: string;
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops after the commands that run. */
  readonly signal?: AbortSignal;
  /** The present, in milliseconds since 1970. */
  readonly clock?: () => number;
}

/** A step of the setup was refused, so that nothing after it can be right. */
export class SetupRefused extends Error {
  override readonly name = 'SetupRefused';
}

/** How many commands run at once, at most. */
const AT_ONCE = 64;

/**
 * Imports what a mapping says.
 * @throws HistoryNotEmpty, SetupRefused; LogUnavailable when the log can't be written (what was written stays; import again to go on).
 */
export async function runImport(mapping: Mapping, options: ImportOptions): Promise<ImportReport> {
  const { log, pipeline, asHistory, clock = Date.now, onProgress, signal } = options;
  const began = clock();
  const actor = `import:${mapping.name}`;
  if (asHistory) await mustTakeHistory(log, actor);
  const before = await log.head();
  const planned = plan(mapping, began);
  const importedAt = new Date(began).toISOString();
  const rejects = new Rejects(options.rejectsFile);
  const counts: Counts = { run: 0, alreadyThere: 0, unchanged: 0, rejected: 0, notRun: 0 };
  const failed = new Set<PlannedRecord>();
  const remaining = new Map<PlannedRecord, PlannedStep[]>();
  for (const step of planned.steps) {
    const steps = remaining.get(step.record);
    if (steps) steps.push(step);
    else remaining.set(step.record, [step]);
  }

  const reject = (step: PlannedStep, code: string, reason: string): void => {
    const { record } = step;
    if (record.mapping === undefined) {
      throw new SetupRefused(`The setup step ${step.step.name} was refused (${code}): ${reason} Nothing of the records was imported.`);
    }
    failed.add(record);
    const steps = remaining.get(record) ?? [];
    const notRun = steps.slice(steps.indexOf(step) + 1).map((later) => later.step.name);
    const source = record.mapping.from.spec.name;
    rejects.add({ source, line: record.row?.line, key: record.row?.key ?? '', step: step.step.name, code, reason, notRun });
    counts.rejected++;
    counts.notRun += notRun.length;
  };

  const prepare = (step: PlannedStep): Prepared | undefined => {
    if (failed.has(step.record)) return undefined;
    try {
      if (step.fault !== undefined) throw new InvalidValue(step.fault);
      const commandId = commandIdOf(mapping.name, step);
      const input = { ...inputOf(step), commandId, ...(step.occurredAt === undefined ? {} : { occurredAt: step.occurredAt }) };
      const onBehalfOf = actorOf(step);
      if (onBehalfOf !== undefined && !patterns.user.test(onBehalfOf)) {
        throw new InvalidValue('by: must be a user id: 1 to 100 letters, digits or "_.@:-"');
      }
      const request: Request = {
        actor,
        ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
        ...(asHistory ? { carriedOver: { recordedAt: new Date(step.time).toISOString(), importedAt } } : {}),
      };
      return { step, commandId, command: fromInput(step.step.command, input), request };
    } catch (error) {
      if (error instanceof InvalidValue) reject(step, 'INVALID_VALUE', sentence(error.message));
      else if (error instanceof InvalidInput) {
        reject(step, 'INVALID_INPUT', sentence(error.problems.map(({ message }) => message).join('; ')));
      } else throw error;
      return undefined;
    }
  };

  const settle = ({ step, commandId }: Prepared, result: PromiseSettledResult<Outcome>, refusals: readonly Refusal[]): void => {
    if (result.status === 'rejected') {
      if (!(result.reason instanceof Rejection)) throw result.reason as Error;
      const { code, message } = result.reason;
      reject(step, code, code === 'COMMAND_ID_REUSED' ? changedRow(step) : message);
      return;
    }
    if (result.value.repeated) counts.alreadyThere++;
    else if (result.value.appended > 0) counts.run++;
    else counts.unchanged++;
    const refusal = refusals.find(({ event }) => event.metadata.correlationId === commandId);
    if (refusal) {
      const { policy, step: part, rejection } = refusal;
      reject(step, rejection.code, `The step was done, but what follows from it was refused (${policy}, ${part}): ${rejection.message}`);
    }
  };

  let done = 0;
  try {
    while (done < planned.steps.length && signal?.aborted !== true) {
      const group: Prepared[] = [];
      for (; done < planned.steps.length && group.length < AT_ONCE; done++) {
        const step = planned.steps[done];
        if (!step || (group[0] && !mayRunWith(step, group[0]))) break;
        const prepared = prepare(step);
        if (!prepared) continue;
        group.push(prepared);
        if (!standsAlone(prepared.command)) {
          done++;
          break;
        }
      }
      const results = await Promise.allSettled(group.map(({ command, request }) => pipeline.execute(command, request)));
      const refusals = options.refusals();
      group.forEach((prepared, index) => {
        const result = results[index];
        if (result) settle(prepared, result, refusals);
      });
      onProgress?.(done, planned.steps.length);
    }
  } finally {
    rejects.close();
  }

  return reportOf(mapping, planned, {
    counts,
    asHistory,
    events: await countEvents(log, before, actor),
    rejectsFile: rejects.count > 0 ? rejects.file : undefined,
    seconds: (clock() - began) / 1000,
    stopped: done < planned.steps.length,
  });
}

interface Prepared {
  readonly step: PlannedStep;
  readonly commandId: string;
  readonly command: AnyCommand;
  readonly request: Request;
}

/** Commands of one moment may run at once if they are the same step of different records: then their order says nothing. */
function mayRunWith(step: PlannedStep, { step: other }: Prepared): boolean {
  return step.time === other.time && step.step === other.step;
}

/** Whether a command looks at no record that another of its kind may be writing at the same time. */
function standsAlone(command: AnyCommand): boolean {
  const { aggregate } = commandSpec(command.constructor as new () => AnyCommand);
  return command.reads === undefined && !referencedIds(command).some(({ type }) => type === aggregate.type);
}

function commandIdOf(mapping: string, { record, step }: PlannedStep): string {
  return record.mapping === undefined
    ? derivedId('import', mapping, 'setup', step.name)
    : derivedId('import', mapping, record.mapping.name, record.row?.key ?? '', step.name);
}

function changedRow({ record }: PlannedStep): string {
  const where = record.mapping === undefined ? 'the mapping' : 'the row';
  return `This step was imported before, and what it takes from ${where} has changed since. An import does not change what it has imported: make the change with a command, or put back the old values.`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
