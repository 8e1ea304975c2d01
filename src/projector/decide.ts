/** How what an operator decides about documents that wait gets into the log: once for each commandId, and about the event that was seen. */
import type { DeadLetterEvent } from '../../contracts/operations/dead-letter.js';
import type { AnyCommand } from '../kernel/command.js';
import type { Recorded } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';
import { deadLetter } from '../operations/dead-letter.js';
import type { CommandPipeline, Outcome } from '../pipeline/command-pipeline.js';
import type { Request } from '../pipeline/issued-command.js';
import type { WaitingEvent } from '../views/port.js';

/** An event that is to be left out is not, or no longer, the first one that waits for its document. */
export class NotFirst extends KnownError {
  override readonly name = 'NotFirst';
  readonly code = 'NOT_FIRST';

  constructor(eventId: string, { key, id, type, position }: WaitingEvent) {
    super(
      `The event ${JSON.stringify(eventId)} is not the first one that waits for ${JSON.stringify(key)}, or not any more. ` +
        `That is ${id}, ${type} at position ${position}: look at it, and decide anew.`,
    );
  }
}

export type Decides = Pick<CommandPipeline, 'execute' | 'begun'>;

export interface Deciding {
  readonly commandId: string | undefined;
  /** The version that the decision is about, as what waits now tells. @throws when nothing waits that could be decided about */
  readonly version: () => Promise<number>;
  readonly command: (version: number) => AnyCommand;
}

/**
 * Records a decision. What waits is another when it is sent again, and may be nothing any more: then it is about the version that it was
 * about, and answers as it did.
 */
export async function decide(pipeline: Decides, { commandId, version, command }: Deciding, request: Request): Promise<Outcome> {
  const recorded = async (): Promise<number | undefined> => {
    const event = commandId === undefined ? undefined : await pipeline.begun(deadLetter, commandId);
    return (event as Recorded<DeadLetterEvent> | undefined)?.data.version;
  };
  const before = await recorded();
  if (before !== undefined) return pipeline.execute(command(before), request);
  try {
    return await pipeline.execute(command(await version()), request);
  } catch (refusal) {
    // The same decision may have been recorded, and carried out, since it was looked for.
    const since = await recorded();
    if (since === undefined) throw refusal;
    return pipeline.execute(command(since), request);
  }
}
