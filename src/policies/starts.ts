/** Where policies begin: with the first event of the log, or with what is recorded after a place that stands in the log. */
import type { Definitions } from '../../contracts/definitions.js';
import { toCurrent, type Position, type RecordedEvent } from '../kernel/event.js';
import type { Policy } from '../kernel/policy.js';
import type { EventLog } from '../log/port.js';
import { policyStart, StartPolicy } from '../operations/policy.js';
import { derivedId } from '../kernel/derived-id.js';
import type { CommandHandler } from '../command-handling/command-handler.js';

export class PolicyStarts {
  readonly #log: Pick<EventLog, 'readStream' | 'head'>;
  readonly #commandHandler: Pick<CommandHandler, 'execute'>;
  readonly #definitions: Definitions;
  readonly #known = new Map<string, Position>();

  constructor(log: Pick<EventLog, 'readStream' | 'head'>, commandHandler: Pick<CommandHandler, 'execute'>, definitions: Definitions) {
    this.#log = log;
    this.#commandHandler = commandHandler;
    this.#definitions = definitions;
  }

  /** The position after which a policy reacts. One that begins now notes it in the log, once. @throws LogUnavailable */
  async begin(policy: Policy): Promise<Position> {
    // It is read anew, since the log may have been restored to an earlier state meanwhile.
    this.#known.delete(policy.name);
    const noted = await this.#of(policy);
    if (noted !== undefined) return noted;
    const position = await this.#log.head();
    const start = StartPolicy({ commandId: derivedId('start', policy.name), id: policy.name, position });
    // Another process may note it at the same time: the first note holds.
    await this.#commandHandler.execute(start, { actor: `policy:${policy.name}`, repeatsById: true });
    return (await this.#of(policy)) ?? position;
  }

  /** Begins policies before anything is recorded that they must not miss. @throws LogUnavailable */
  async beginAll(policies: readonly Policy[]): Promise<void> {
    await Promise.all(policies.map((policy) => this.begin(policy)));
  }

  /** Whether a policy reacts to an event. @param isNew it was recorded just now */
  async isAfter(policy: Policy, event: RecordedEvent, isNew: boolean): Promise<boolean> {
    const start = await this.#of(policy);
    return start === undefined ? isNew : event.position > start;
  }

  /** Undefined of a policy that has not begun. */
  async #of({ name, from }: Policy): Promise<Position | undefined> {
    if (from === 'beginning') return -1;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const [first] = await this.#log.readStream({ type: policyStart.type, id: name }, 0, 1);
    const noted = first && policyStart.evolve(undefined, toCurrent(first, this.#definitions))?.position;
    if (noted !== undefined) this.#known.set(name, noted);
    return noted;
  }
}
