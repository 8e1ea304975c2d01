/** Events in, documents out: the plainest projector there could be, which also checks each document against its declared columns. */
import { expect } from '@jest/globals';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import type { FieldType } from '../../../src/kernel/field-type.js';
import { isDay, isInstant } from '../../../src/kernel/calendar.js';
import type { Document, Projection } from '../../../src/kernel/projection.js';
import { columnsOf, type ColumnSpec } from '../../../src/kernel/read-model.js';

/** The documents that the events make, by key. */
export function project(projection: Projection, events: readonly RecordedEvent[]): ReadonlyMap<string, Document> {
  const documents = foldPlainly(projection, events);
  for (const [key, document] of documents) {
    expect(document).toMatchObject({ id: key });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    checkColumns(document, projection.model.columns, projection.model.name);
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

/** Every declared column is there, no other is, and each value is what the column says. */
function checkColumns(document: object, columns: readonly ColumnSpec[], at: string): void {
  expect(Object.keys(document).sort()).toEqual(columns.map(({ name }) => name).sort());
  for (const { name, type, optional } of columns) {
    const value = (document as Document)[name];
    if (value === null && optional) continue;
    const problem = problemOf(type, value, `${at}.${name}`);
    expect(problem).toBeUndefined();
  }
}

function problemOf(type: FieldType, value: unknown, at: string): string | undefined {
  const wrong = `${at} is ${JSON.stringify(value)}, which is no ${type.kind}`;
  const right = (holds: boolean): string | undefined => (holds ? undefined : wrong);
  switch (type.kind) {
    case 'id':
    case 'user':
      return right(typeof value === 'string' && value.length > 0);
    case 'text':
      return right(typeof value === 'string' && value.length > 0 && value.length <= type.max && (type.pattern?.test(value) ?? true));
    case 'choice':
      return right(typeof value === 'string' && type.values.includes(value));
    case 'boolean':
      return right(typeof value === 'boolean');
    case 'int':
      return right(Number.isSafeInteger(value) && Number(value) >= type.min && Number(value) <= type.max);
    case 'decimal':
      return right(Number.isFinite(value));
    case 'day':
      return right(typeof value === 'string' && isDay(value));
    case 'instant':
      return right(typeof value === 'string' && isInstant(value));
    case 'money':
      return right(isRecord(value) && Number.isSafeInteger(value['amount']) && typeof value['currency'] === 'string');
    case 'moneys':
      return right(isRecord(value) && Object.values(value).every(Number.isSafeInteger));
    case 'distribution':
      return right(isRecord(value) && Number.isSafeInteger(value['count']) && Number.isFinite(value['sum']));
    case 'list':
      if (!Array.isArray(value) || value.length > type.max) return wrong;
      return value.map((item, index) => problemOf(type.of, item, `${at}.${index}`)).find((problem) => problem !== undefined);
    case 'nested':
      if (!isRecord(value)) return wrong;
      checkColumns(value, columnsOf(type.shape()), at);
      return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
