/** A log, a store of read models and a projector between them, for tests. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { NewEvent } from '../../contracts/event.js';
import type { Position, RecordedEvent } from '../../src/kernel/event.js';
import type { Document, Projection } from '../../src/kernel/projection.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandHandler, type Outcome } from '../../src/command-handling/command-handler.js';
import { ReadModelAdministration } from '../../src/projector/read-model-administration.js';
import type { ProjectorOptions } from '../../src/projector/options.js';
import { Projector } from '../../src/projector/projector.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import type { Build, BuildRecord } from '../../src/views/port/builds.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { DocumentHistory } from '../../src/views/port/audit.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { temporaryFolder } from '../support/folder.js';
import { gathered } from '../support/log/gathered.js';
import { noted } from '../support/log/log-events.js';
import { definitions } from './deals.js';

export interface Stage {
  readonly log: EventLog;
  readonly writer: ViewWriter;
  readonly reader: ViewReader;
  readonly commandHandler: CommandHandler;
  /** Appends events to a stream, named `deal-1`. @returns what was recorded */
  happens(stream: string, ...events: readonly NewEvent[]): Promise<readonly RecordedEvent[]>;
  projector(projections: readonly Projection[], options?: Partial<ProjectorOptions>): Projector;
  /** Projects what the log holds now. */
  project(projections: readonly Projection[], options?: Partial<ProjectorOptions>): Promise<Position>;
  /** Projects live until the returned function is called. */
  follow(projections: readonly Projection[], options?: Partial<ProjectorOptions>): () => Promise<void>;
  administration(projections: readonly Projection[], reader?: ViewReader): ReadModelAdministration;
  /** Skips the first event of a dead letter, as an operator. */
  leaveOut(projections: readonly Projection[], key: string): Promise<Outcome>;
  /** The builds in the register, by number. */
  builds(name?: string): Promise<readonly BuildRecord[]>;
  /** All documents of the live build, with their history. */
  histories(projection: Projection): Promise<readonly DocumentHistory[]>;
  historiesOf(build: Build): Promise<readonly DocumentHistory[]>;
  /** The current documents of the live build, by key. */
  documents(projection: Projection): Promise<Readonly<Record<string, Document>>>;
  /** The documents of a new build of the same log in another store, without failures. */
  afresh(projection: Projection): Promise<readonly DocumentHistory[]>;
  close(): Promise<void>;
}

/** Opens a store of read models: a file by default. */
export interface StageViews {
  readonly writer: ViewWriter;
  readonly reader: ViewReader;
}

export async function openStage(views?: StageViews): Promise<Stage> {
  const folder = temporaryFolder();
  const log = openEmbeddedLog({ file: folder.events, synchronous: 'NORMAL' });
  const writer = views?.writer ?? (await openEmbeddedViewWriter({ file: folder.views }));
  const reader = views?.reader ?? (await openEmbeddedViewReader({ file: folder.views, threads: 0 }));
  const commandHandler = new CommandHandler({ log, definitions });
  const projector: Stage['projector'] = (projections, options = {}) =>
    new Projector({ log, views: writer, reader, definitions, projections, graceMs: 0, ...options });
  const stage: Stage = {
    log,
    writer,
    reader,
    commandHandler,
    async happens(name, ...events) {
      const [type = '', id = ''] = name.split('-');
      const stream = { type, id };
      const known = (await log.readStream(stream)).length;
      const toAppend = events.map((event) => ({ ...noted(event.data, { id: randomUUID(), type: event.type }), version: event.version }));
      await log.append(stream, known === 0 ? 'none' : known - 1, toAppend);
      return log.readStream(stream, known);
    },
    projector,
    project: (projections, options) => projector(projections, options).catchUp(),
    follow(projections, options) {
      const stop = new AbortController();
      const running = projector(projections, options).run(stop.signal);
      return async () => {
        stop.abort();
        await running;
      };
    },
    administration: (projections, views = reader) =>
      new ReadModelAdministration({
        reader: views,
        writer: async () => writer,
        commandHandler,
        projections,
        requestTimeoutMs: 0,
      }),
    async leaveOut(projections, key) {
      const administration = stage.administration(projections);
      const [first] = (await administration.deadLetters.get('deals', key)).events;
      return administration.deadLetters.skip(
        'deals',
        { key, eventId: first?.id ?? '', reason: 'a typing error of 2018' },
        { actor: 'olga' },
      );
    },
    async builds(name) {
      return (await reader.builds()).filter((record) => name === undefined || record.name === name);
    },
    async histories({ model }) {
      return gathered(reader.scan(servedBuild(await reader.builds(), model)));
    },
    historiesOf: (build) => gathered(reader.scan(build)),
    async documents(projection) {
      const current = (await stage.histories(projection)).flatMap(({ key, versions }) => {
        const last = versions.at(-1);
        return last?.until === null ? [[key, last.document] as const] : [];
      });
      return Object.fromEntries(current);
    },
    async afresh(projection) {
      const file = join(folder.path, `views-${randomUUID()}.db`);
      const made = await openEmbeddedViewWriter({ file });
      const aside = await openEmbeddedViewReader({ file, threads: 0 });
      try {
        await projector([projection], { views: made, reader: aside }).catchUp();
        return await gathered(aside.scan(servedBuild(await aside.builds(), projection.model)));
      } finally {
        await aside.close();
        await made.close();
      }
    },
    async close() {
      await reader.close();
      await writer.close();
      await log.close();
      folder.remove();
    },
  };
  return stage;
}
