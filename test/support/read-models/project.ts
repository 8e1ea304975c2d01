/** Events in, documents out: the plainest projector there could be, which also checks each document against its declared columns. */
import { expect } from '@jest/globals';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import type { Document, Projection } from '../../../src/kernel/projection.js';
import type { ReadModelSpec } from '../../../src/kernel/read-model.js';

/** The documents that the events make, by key. */
export function project(projection: Projection, events: readonly RecordedEvent[]): ReadonlyMap<string, Document> {
  const documents = foldPlainly(projection, events);
  for (const [key, document] of documents) {
    expect(document).toMatchObject({ id: key });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    checkColumns(document, projection.model);
  }
  return documents;
}

/** The documents that the events make, by key, whatever they are. */
export function foldPlainly(projection: Projection, events: readonly RecordedEvent[]): ReadonlyMap<string, Document> {
  const documents = new Map<string, Document>();
  const put = (key: string, document: Document | undefined): unknown => (document ? documents.set(key, document) : documents.delete(key));
  for (const event of events.filter(({ type }) => projection.types.includes(type))) {
    for (const change of projection.changes(event)) {
      if (change.where === undefined) put(change.key, change.to(documents.get(change.key)));
      else for (const [key, document] of documents) if (document[change.where.column] === change.where.value) put(key, change.to(document));
    }
  }
  return documents;
}

/** Each column has a value of its kind. Only documents of lists have more than columns: the whole state of their record. */
function checkColumns(document: Document, { name, columns, record }: ReadModelSpec): void {
  if (record === undefined) expect(Object.keys(document).sort()).toEqual(columns.map((column) => column.name).sort());
  for (const { name: column, kind, optional } of columns) {
    const value = document[column];
    if (value === null && optional) continue;
    const { error } = kind.stored.safeParse(value);
    const problems = error?.issues.map(({ path, message }) => `${[name, column, ...path].join('.')}: ${message}`);
    expect(problems).toBeUndefined();
  }
}
