/** Records an operator's decision about dead letters in the log: once per commandId, and about the event that the operator saw. */
import type { DeadLetterEvent } from '../../contracts/operations/dead-letter.js';
import type { Command } from '../kernel/command.js';
import type { Recorded } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';
import { deadLetter } from '../operations/dead-letter.js';
import type { CommandHandler, Outcome } from '../command-handling/command-handler.js';
import type { Request } from '../command-handling/issued-command.js';
import type { UnappliedEvent } from '../views/port/dead-letters.js';

/** The event to skip is not, or no longer, the first unapplied event of the dead letter. */
export class StaleDecision extends KnownError {
  override readonly name = 'StaleDecision';
  readonly code = 'STALE_DECISION';

  constructor(eventId: string, { key, id, type, position }: UnappliedEvent) {
    super(
      `The event ${JSON.stringify(eventId)} is not, or no longer, the first unapplied event of ${JSON.stringify(key)}. ` +
        `That is ${id}, ${type} at position ${position}: decide about that one.`,
    );
  }
}

export type DecisionHandler = Pick<CommandHandler, 'execute' | 'begun'>;

export interface DecisionRequest {
  readonly commandId: string | undefined;
  /** The version that the decision is about, from the current dead letters. @throws when there are none to decide about */
  readonly version: () => Promise<number>;
  readonly command: (version: number) => Command;
}

/**
 * Records a decision. If it was recorded before under the same commandId, returns the first outcome, whatever dead letters there are now.
 */
export async function recordDecision(
  commandHandler: DecisionHandler,
  { commandId, version, command }: DecisionRequest,
  request: Request,
): Promise<Outcome> {
  const recorded = async (): Promise<number | undefined> => {
    const event = commandId === undefined ? undefined : await commandHandler.begun(deadLetter, commandId);
    return (event as Recorded<DeadLetterEvent> | undefined)?.data.version;
  };
  const before = await recorded();
  if (before !== undefined) return commandHandler.execute(command(before), request);
  try {
    return await commandHandler.execute(command(await version()), request);
  } catch (refusal) {
    // The same decision may have been recorded and applied meanwhile.
    const since = await recorded();
    if (since === undefined) throw refusal;
    return commandHandler.execute(command(since), request);
  }
}
