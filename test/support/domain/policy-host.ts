/** A log, read models and checkpoints in a folder, for policies that run on them as in the server. */
import { domain } from '../../../src/domain.js';
import type { Command } from '../../../src/kernel/command.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import type { Policy } from '../../../src/kernel/policy.js';
import type { Lease } from '../../../src/leases/port.js';
import { openEmbeddedLog } from '../../../src/log/embedded.js';
import type { EventLog } from '../../../src/log/port.js';
import { CommandHandler, type Outcome } from '../../../src/command-handling/command-handler.js';
import { Reactor } from '../../../src/policies/reactor.js';
import type { Refusal } from '../../../src/policies/refusals.js';
import { checkpointOf, runPolicy } from '../../../src/policies/runner.js';
import { PolicyStarts } from '../../../src/policies/starts.js';
import { Projector } from '../../../src/projector/projector.js';
import { openEmbeddedCheckpoints, openEmbeddedViewReader, openEmbeddedViewWriter } from '../../../src/views/embedded.js';
import type { CheckpointMove, CheckpointStore } from '../../../src/views/port/checkpoints.js';
import type { ViewReader, ViewWriter } from '../../../src/views/port/store.js';
import { servedBuild } from '../../../src/views/serving/versions.js';
import { temporaryFolder, type Folder } from '../folder.js';
import { allEvents } from '../log/log-events.js';
import { overriding } from '../overriding.js';

interface Stores {
  readonly folder: Folder;
  readonly log: EventLog;
  readonly checkpoints: CheckpointStore;
  readonly views: ViewReader;
  readonly writer: ViewWriter;
}

/** What runs a policy instead of what the host has. */
interface Instead {
  readonly commandHandler?: CommandHandler | undefined;
  readonly checkpoints?: CheckpointStore;
}

export class PolicyHost {
  readonly log: EventLog;
  /** Nothing reacts to what it appends, unless a test sets it up. */
  readonly commandHandler: CommandHandler;
  readonly checkpoints: CheckpointStore;
  /** What policies told of refused commands. */
  readonly refusals: Refusal[] = [];
  readonly #stores: Stores;

  private constructor(stores: Stores) {
    this.#stores = stores;
    ({ log: this.log, checkpoints: this.checkpoints } = stores);
    this.commandHandler = this.newHandler();
  }

  static async open(): Promise<PolicyHost> {
    const folder = temporaryFolder();
    return new PolicyHost({
      folder,
      log: openEmbeddedLog({ file: folder.events }),
      checkpoints: await openEmbeddedCheckpoints({ file: `${folder.path}/policies.db` }),
      writer: await openEmbeddedViewWriter({ file: folder.views }),
      views: await openEmbeddedViewReader({ file: folder.views, threads: 0 }),
    });
  }

  async close(): Promise<void> {
    const { views, writer, checkpoints, log, folder } = this.#stores;
    await views.close();
    await writer.close();
    await checkpoints.close();
    await log.close();
    folder.remove();
  }

  /** As of a process that has just been started. */
  newHandler(log = this.log): CommandHandler {
    return new CommandHandler({ log, definitions: domain.definitions });
  }

  /** As of a process that has just been started. */
  startsOn(commandHandler = this.commandHandler): PolicyStarts {
    return new PolicyStarts(this.log, commandHandler, domain.definitions);
  }

  reactorOf(policies: readonly Policy[], commandHandler = this.commandHandler): Reactor {
    const { views, log } = this.#stores;
    const build = async (name: string) => {
      const found = domain.projections.find(({ model }) => model.name === name);
      if (!found) throw new TypeError(`There is no read model ${name}.`);
      return servedBuild(await views.builds(), found.model);
    };
    return new Reactor({
      log,
      commandHandler,
      policies,
      definitions: domain.definitions,
      finding: { views, build },
      starts: this.startsOn(commandHandler),
      onRefusal: (refusal) => this.refusals.push(refusal),
    });
  }

  /** Makes policies react at once to what the command handler appends, as a mutation does that waits for them. */
  reactAtOnce(policies: readonly Policy[], commandHandler = this.commandHandler): CommandHandler {
    const reactor = this.reactorOf(policies, commandHandler);
    commandHandler.react((events, areNew) => reactor.react(events, areNew ? 'appended' : 'sentAgain'));
    return commandHandler;
  }

  send(command: Command, commandHandler = this.commandHandler): Promise<Outcome> {
    return commandHandler.execute(command, { actor: 'ana' });
  }

  events(): Promise<readonly RecordedEvent[]> {
    return allEvents(this.log);
  }

  /** The types of the events of a record type, in order. */
  async typesOf(...recordTypes: readonly string[]): Promise<readonly string[]> {
    return (await this.events()).filter(({ stream }) => recordTypes.includes(stream.type)).map(({ type }) => type);
  }

  /** Brings a read model up to the end of the log. */
  async project(name: string): Promise<void> {
    const projections = domain.projections.filter(({ model }) => model.name === name);
    await new Projector({ log: this.log, views: this.#stores.writer, reader: this.#stores.views, projections }).catchUp();
  }

  /** Runs a policy as the server does, until the signal aborts. */
  async run(policy: Policy, signal: AbortSignal, instead: Instead = {}): Promise<void> {
    const { commandHandler = this.newHandler(), checkpoints = this.checkpoints } = instead;
    const held = await this.#lease(policy);
    await runPolicy(
      {
        log: this.log,
        checkpoints,
        lease: () => held,
        reactor: this.reactorOf([policy], commandHandler),
        starts: this.startsOn(commandHandler),
        policy,
        onRetry: () => undefined,
      },
      signal,
    );
  }

  /** Runs a policy as a server does that has just been started, until it has reacted to the last event of the log that concerns it. */
  async runToEnd(policy: Policy): Promise<void> {
    const concerned = (await this.events()).filter(({ type }) => [...policy.types, 'PolicyCommandRetried'].includes(type));
    const last = concerned.at(-1)?.position ?? 0;
    if ((await this.checkpoints.read(checkpointOf(policy))) >= last) return;
    const stop = new AbortController();
    const checkpoints = overriding(this.checkpoints, {
      move: async (move: CheckpointMove) => {
        await this.checkpoints.move(move);
        if (move.to >= last) stop.abort();
      },
    });
    await this.run(policy, stop.signal, { checkpoints });
  }

  /** As when `policies.db` is lost. */
  async loseCheckpoint(policy: Policy): Promise<void> {
    await this.checkpoints.reset(checkpointOf(policy), await this.#lease(policy));
  }

  /** The right to react, for as long as the test lasts. */
  async #lease(policy: Policy): Promise<Lease> {
    const [lease] = await this.checkpoints.leases.acquire([checkpointOf(policy)], 'test', 600_000);
    if (!lease) throw new Error('Somebody else has the lease.');
    return lease;
  }
}
