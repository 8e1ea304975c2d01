/** Operators' access to dead letters: list them, and decide to retry them or to skip an event. Decisions are recorded in the log. */
import type { Position } from '../kernel/event.js';
import { RetryDeadLetters, SkipDeadLetter } from '../operations/dead-letter.js';
import type { Outcome } from '../command-handling/command-handler.js';
import type { Request } from '../command-handling/issued-command.js';
import { idOf } from '../views/port/build-identity.js';
import type { Build, BuildId } from '../views/port/builds.js';
import type { DeadLetter, UnappliedEvent } from '../views/port/dead-letters.js';
import type { ViewReader } from '../views/port/store.js';
import { NotFound } from './not-found.js';
import type { ProgramReadModels } from './program-read-models.js';
import { readDeadLetters } from './read-dead-letters.js';
import { recordDecision, StaleDecision, type DecisionHandler } from './record-decision.js';

/** A dead letter with its build. */
export interface BuildDeadLetter extends DeadLetter {
  readonly build: BuildId;
  /** The document's key, or the stream: see `UnappliedEvent`. */
  readonly key: string;
}

/** The event that is to be skipped for a document, and why. */
export interface Skip {
  readonly key: string;
  /** The first unapplied event of the dead letter. */
  readonly eventId: string;
  readonly reason: string;
}

export interface DeadLetterAdministrationOptions {
  readonly reader: ViewReader;
  readonly commandHandler: DecisionHandler;
  readonly readModels: ProgramReadModels;
}

/** A dead letter in one of the builds that has it. */
interface Found {
  readonly build: Build;
  readonly first: UnappliedEvent;
}

/** Events that `get` returns at most. */
const EVENTS = 500;

export class DeadLetterAdministration {
  readonly #reader: ViewReader;
  readonly #commandHandler: DecisionHandler;
  readonly #readModels: ProgramReadModels;

  constructor({ reader, commandHandler, readModels }: DeadLetterAdministrationOptions) {
    this.#reader = reader;
    this.#commandHandler = commandHandler;
    this.#readModels = readModels;
  }

  /** The dead letters of all builds of this program's versions, or of one read model's; ordered by build and key. @throws NotFound */
  async list(readModel?: string): Promise<readonly BuildDeadLetter[]> {
    const letters: BuildDeadLetter[] = [];
    for (const build of await this.#builds(readModel)) {
      for await (const letter of readDeadLetters(this.#reader, build)) {
        letters.push({ ...letter, key: letter.first.key, build: idOf(build) });
      }
    }
    return letters;
  }

  /**
   * The first 500 unapplied events of a dead letter.
   * @param number the build; defaults to the one that answers
   * @throws NotFound
   */
  async get(
    readModel: string,
    key: string,
    number?: number,
  ): Promise<{ readonly build: BuildId; readonly events: readonly UnappliedEvent[] }> {
    const [{ build, first }] = await this.#find(readModel, key, number);
    return { build: idOf(build), events: await this.#reader.unappliedEvents(build, first.key, { first: EVENTS }) };
  }

  /**
   * Decides to retry one dead letter, or all of a read model. The projector retries them when it reaches the decision. With the same `commandId`
   * again, returns the first outcome.
   * @throws NotFound
   */
  async retry(readModel: string, key: string | undefined, request: Request, commandId?: string): Promise<Outcome> {
    const version = async (): Promise<number> => {
      if (key !== undefined) return (await this.#find(readModel, key))[0].build.model.version;
      const [letter] = await this.list(readModel);
      if (!letter) throw new NotFound('readModel', `${readModel} has no dead letters.`);
      return letter.build.version;
    };
    const command = (of: number) => RetryDeadLetters.from({ readModel, version: of, key, commandId });
    return recordDecision(this.#commandHandler, { commandId, version, command }, request);
  }

  /**
   * Decides to skip the first unapplied event of a dead letter, for this document only. With the same `commandId` again, returns the first outcome.
   * @throws NotFound, StaleDecision, InvalidInput
   */
  async skip(readModel: string, { key, reason, ...skipped }: Skip, request: Request, commandId?: string): Promise<Outcome> {
    const eventId = skipped.eventId.toLowerCase();
    const version = async (): Promise<number> => {
      const found = await this.#find(readModel, key);
      const letter = found.find(({ first }) => first.id === eventId);
      if (!letter) throw new StaleDecision(eventId, found[0].first);
      return letter.build.model.version;
    };
    const command = (of: number) => SkipDeadLetter.from({ readModel, version: of, key, eventId, reason, commandId });
    return recordDecision(this.#commandHandler, { commandId, version, command }, request);
  }

  /** Waits until the build that answers has applied the decision at a position. @throws PositionTimeout, NotFound */
  async waitFor(readModel: string, position: Position, timeoutMs: number): Promise<void> {
    const [build] = await this.#builds(readModel);
    if (build) await this.#reader.waitFor(build, position, timeoutMs);
  }

  /** The builds that have this dead letter; the one that answers comes first. @throws NotFound */
  async #find(readModel: string, key: string, number?: number): Promise<readonly [Found, ...Found[]]> {
    const found: Found[] = [];
    for (const build of await this.#builds(readModel)) {
      if (number !== undefined && build.number !== number) continue;
      const [letter] = await this.#reader.deadLetters(build, { first: 1, keys: [key] });
      if (letter) found.push({ build, first: letter.first });
    }
    const [first, ...others] = found;
    if (!first) throw new NotFound('key', `${readModel} has no dead letter ${JSON.stringify(key)}.`);
    return [first, ...others];
  }

  async #builds(readModel?: string): Promise<readonly Build[]> {
    return this.#readModels.builds(await this.#reader.builds(), readModel);
  }
}
