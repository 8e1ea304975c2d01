/** A few people below HTTP: a log with its keys, commands, and read models, any of which may die and begin again. */
import { join } from 'node:path';
import { contacts } from '../../../projections/parties/contacts.js';
import { accounts } from '../../../projections/parties/accounts.js';
import { leadFunnel } from '../../../projections/sales/lead-funnel.js';
import { leads } from '../../../projections/sales/leads.js';
import { opportunities } from '../../../projections/sales/opportunities.js';
import { CommandHandler, type Outcome } from '../../../src/command-handling/command-handler.js';
import { domain } from '../../../src/domain.js';
import type { Command } from '../../../src/kernel/command.js';
import type { Projection } from '../../../src/kernel/projection.js';
import { ReadModelAdministration } from '../../../src/projector/read-model-administration.js';
import { Projector } from '../../../src/projector/projector.js';
import type { SealedLog } from '../../../src/sealing/sealed-log.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../../src/views/embedded.js';
import type { ViewReader, ViewWriter } from '../../../src/views/port/store.js';
import { temporaryFolder, type Folder } from '../folder.js';
import { openEmbeddedLog } from '../../../src/log/embedded.js';
import { overriding } from '../overriding.js';
import { sealedLogIn } from '../sealed-log.js';

const by = { actor: 'olga' };

/** Contacts whose handler fails when one is given to `nobody`, with an error that quotes their name. */
const quoting: Projection = {
  ...contacts,
  changes: (event) =>
    contacts.changes(event).map((change) => {
      if (event.type !== 'ContactAssigned' || (event.data as { readonly ownerId: string }).ownerId !== 'nobody') return change;
      const to: typeof change.to = (document: Readonly<Record<string, unknown>> | undefined) => {
        throw new Error(`Nobody looks after ${JSON.stringify(document)}.`);
      };
      return { ...change, to } as typeof change;
    }),
};

export const program: readonly Projection[] = [quoting, accounts, leads, opportunities, leadFunnel];

/** How the key store fails once: before it drops keys, or when it has dropped them. */
export type Failing = 'before' | 'after' | null;

export class People {
  #log: SealedLog | undefined;
  #handler: CommandHandler | undefined;
  /** How the next drop of keys fails. */
  failing: Failing = null;

  private constructor(
    readonly folder: Folder,
    readonly writer: ViewWriter,
    readonly reader: ViewReader,
  ) {}

  static async begin(): Promise<People> {
    const folder = temporaryFolder();
    const writer = await openEmbeddedViewWriter({ file: folder.views });
    const people = new People(folder, writer, await openEmbeddedViewReader({ file: folder.views, threads: 0 }));
    await people.restart();
    return people;
  }

  get log(): SealedLog {
    if (!this.#log) throw new TypeError('It was not begun.');
    return this.#log;
  }

  /** Opens log and keys anew, as the next process does. */
  async restart(): Promise<void> {
    await this.#log?.close();
    this.failing = null;
    const log = await sealedLogIn(this.folder.path, {
      log: openEmbeddedLog({ file: this.folder.events, synchronous: 'NORMAL' }),
      before: (store) =>
        overriding(store, {
          drop: async (ids) => {
            const { failing } = this;
            this.failing = null;
            if (failing === 'before') throw new Error('killed');
            await store.drop(ids);
            if (failing === 'after') throw new Error('killed');
          },
        }),
    });
    this.#log = log;
    this.#handler = new CommandHandler({
      log,
      definitions: domain.definitions,
      isSameCommand: (...asked) => log.isSameCommand(...asked),
    });
  }

  /** Executes a command. @returns undefined when a rule refused it */
  async execute(command: Command): Promise<Outcome | undefined> {
    if (!this.#handler) throw new TypeError('It was not begun.');
    return unlessRefused(this.#handler.execute(command, by));
  }

  projector(views: ViewWriter = this.writer, reader: ViewReader = this.reader, pageSize = 100): Projector {
    return new Projector({ log: this.log, views, reader, projections: program, graceMs: 0, pageSize });
  }

  async rebuild(readModel: string): Promise<void> {
    await unlessRefused(this.#administration().rebuild(readModel));
  }

  /** Skips the first event of the dead letter of a contact. */
  async skip(key: string, reason: string): Promise<void> {
    const { deadLetters } = this.#administration();
    const found = await unlessRefused(deadLetters.get('contacts', key));
    const eventId = found?.events[0]?.id;
    if (eventId !== undefined) await unlessRefused(deadLetters.skip('contacts', { key, eventId, reason }, by));
  }

  /** A store of read models that is made afresh of the whole log. The caller closes it. */
  async afresh(): Promise<ViewReader> {
    const file = join(this.folder.path, 'afresh.db');
    const writer = await openEmbeddedViewWriter({ file });
    const reader = await openEmbeddedViewReader({ file, threads: 0 });
    await this.projector(writer, reader).catchUp();
    await writer.close();
    return reader;
  }

  async end(): Promise<void> {
    await this.reader.close();
    await this.writer.close();
    await this.log.close();
    this.folder.remove();
  }

  #administration(): ReadModelAdministration {
    if (!this.#handler) throw new TypeError('It was not begun.');
    return new ReadModelAdministration({
      reader: this.reader,
      writer: async () => this.writer,
      commandHandler: this.#handler,
      projections: program,
      requestTimeoutMs: 0,
    });
  }
}

/** What may be answered instead: that it is not there, or not ready; that a rule says no; that a projector was faster. */
const REFUSALS = ['NotFound', 'NotReady', 'Rejection', 'StaleDecision', 'BuildGone'];

async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((refusal: unknown) => {
    if (!REFUSALS.includes((refusal as Error).name)) throw refusal;
    return undefined;
  });
}
