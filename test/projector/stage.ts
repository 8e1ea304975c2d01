/** A log, a store of read models and what projects the one into the other: what happens, what is built, and what is then there. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { NewEvent } from '../../contracts/event.js';
import type { Position, RecordedEvent } from '../../src/kernel/event.js';
import type { Document, Projection } from '../../src/kernel/projection.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { CommandPipeline, type Outcome } from '../../src/pipeline/command-pipeline.js';
import { Operations } from '../../src/projector/operations.js';
import type { ProjectorOptions } from '../../src/projector/options.js';
import { Projector } from '../../src/projector/projector.js';
import { servedBuild, type Build, type BuildRecord } from '../../src/views/builds.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { DocumentHistory, ViewReader, ViewWriter } from '../../src/views/port.js';
import { temporaryFolder } from '../support/folder.js';
import { gathered } from '../support/log/gathered.js';
import { noted } from '../support/log/log-events.js';
import { definitions } from './deals.js';

export interface Stage {
  readonly log: EventLog;
  readonly writer: ViewWriter;
  readonly reader: ViewReader;
  readonly pipeline: CommandPipeline;
  /** Appends events to a stream, named `deal-1`. @returns what was recorded */
  happens(stream: string, ...events: readonly NewEvent[]): Promise<readonly RecordedEvent[]>;
  projector(projections: readonly Projection[], options?: Partial<ProjectorOptions>): Projector;
  /** Projects what the log holds now. */
  project(projections: readonly Projection[], options?: Partial<ProjectorOptions>): Promise<Position>;
  /** Projects live until the returned function is called. */
  follow(projections: readonly Projection[], options?: Partial<ProjectorOptions>): () => Promise<void>;
  operations(projections: readonly Projection[], reader?: ViewReader): Operations;
  /** Decides that the event is left out of a deal that an operator sees to be the first that waits. */
  leaveOut(projections: readonly Projection[], key: string): Promise<Outcome>;
  /** What the register says, in the order of numbers. */
  builds(name?: string): Promise<readonly BuildRecord[]>;
  /** Every document of the build that answers, with its kept versions. */
  histories(projection: Projection): Promise<readonly DocumentHistory[]>;
  historiesOf(build: Build): Promise<readonly DocumentHistory[]>;
  /** The current documents of the build that answers, by key. */
  documents(projection: Projection): Promise<Readonly<Record<string, Document>>>;
  /** What a build that never failed comes to, made afresh from the same log in another store. */
  afresh(projection: Projection): Promise<readonly DocumentHistory[]>;
  close(): Promise<void>;
}

/** Where read models are kept: in a file unless said otherwise. */
export interface StageViews {
  readonly writer: ViewWriter;
  readonly reader: ViewReader;
}

export async function openStage(views?: StageViews): Promise<Stage> {
  const folder = temporaryFolder();
  const log = openEmbeddedLog({ file: folder.events, synchronous: 'NORMAL' });
  const writer = views?.writer ?? (await openEmbeddedViewWriter({ file: folder.views }));
  const reader = views?.reader ?? (await openEmbeddedViewReader({ file: folder.views, threads: 0 }));
  const pipeline = new CommandPipeline({ log, definitions });
  const projector: Stage['projector'] = (projections, options = {}) =>
    new Projector({ log, views: writer, reader, definitions, projections, graceMs: 0, ...options });
  const stage: Stage = {
    log,
    writer,
    reader,
    pipeline,
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
    operations: (projections, views = reader) =>
      new Operations({
        reader: views,
        writer: async () => writer,
        pipeline,
        projections,
        requestTimeoutMs: 0,
      }),
    async leaveOut(projections, key) {
      const operations = stage.operations(projections);
      const [first] = (await operations.deadLetter('deals', key)).waiting;
      return operations.skip('deals', { key, eventId: first?.id ?? '', reason: 'a typing error of 2018' }, { actor: 'olga' });
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
