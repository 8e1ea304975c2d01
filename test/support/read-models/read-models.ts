/** What a data folder holds: its whole log, and its read models beside what the plainest fold makes of that log. */
import { expect } from '@jest/globals';
import { domain } from '../../../src/domain.js';
import { toCurrent, type Position, type RecordedEvent } from '../../../src/kernel/event.js';
import type { Document } from '../../../src/kernel/projection.js';
import { servedBuild } from '../../../src/views/serving/versions.js';
import type { Served } from '../../../src/views/port/builds.js';
import type { ViewReader } from '../../../src/views/port/store.js';
import { logIn, viewReaderIn } from '../engines/engines.js';
import type { Folder } from '../folder.js';
import { gathered } from '../log/gathered.js';
import { allEvents } from '../log/log-events.js';
import { project } from './project.js';

/** All events of the log, in order. */
export async function eventsIn({ path }: Folder): Promise<readonly RecordedEvent[]> {
  const log = await logIn(path, { readOnly: true });
  try {
    return await allEvents(log);
  } finally {
    await log.close();
  }
}

/** Every read model has reached the end of the log and holds exactly the documents that a fold of all events makes. */
export async function expectReadModelsToEqualTheLog(folder: Folder): Promise<void> {
  const log = await logIn(folder.path, { readOnly: true });
  const views = await viewReaderIn(folder.path);
  try {
    await expectReadModelsToBeMadeOf(await allEvents(log), views, await log.end());
  } finally {
    await views.close();
    await log.close();
  }
}

/**
 * The same of these events, wherever they and the read models are.
 * @param end where the log ends: who follows a log that others write to stands after its last event
 */
export async function expectReadModelsToBeMadeOf(recorded: readonly RecordedEvent[], views: ViewReader, end: Position): Promise<void> {
  const events = recorded.map((event) => toCurrent(event, domain.definitions));
  for (const projection of domain.projections) {
    const { model } = projection;
    const build = servedBuild(await views.builds(), model);
    const position = await views.position(build);
    const reached = (events.at(-1)?.position ?? 0) <= position && position <= end;
    expect({ model: model.name, position, reached }).toEqual({ model: model.name, position, reached: true });
    expect(await documentsOf(views, build)).toEqual(project(projection, events));
  }
}

/** Documents with their kept versions, and what waits. How often it was tried depends on how often a decision was cut short. */
export async function everythingIn(reader: ViewReader, build: Served) {
  const documents = await gathered(reader.scan(build));
  const waiting = [];
  for (const { first } of await reader.deadLetters(build, { first: 10_000 })) {
    const events = await reader.unappliedEvents(build, first.key, { first: 10_000 });
    waiting.push(...events.map(({ key, position, id, error }) => ({ key, position, id, error })));
  }
  return { documents, waiting };
}

async function documentsOf(views: ViewReader, build: Served): Promise<ReadonlyMap<string, Document>> {
  const documents = new Map<string, Document>();
  let after: string | undefined;
  for (;;) {
    const { json, hasNext } = await views.list(build, { orderBy: [], first: 500, ...(after === undefined ? {} : { after }) });
    const rows = JSON.parse(json) as readonly { readonly key: string; readonly cursor: string; readonly document: Document }[];
    for (const { key, document } of rows) documents.set(key, document);
    after = rows.at(-1)?.cursor;
    if (!hasNext) return documents;
  }
}
