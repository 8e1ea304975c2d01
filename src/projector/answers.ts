/** What handlers answer, checked before it goes any further: a wrong answer is the failure of its event, not that of the store. */
import type { RecordedEvent } from '../kernel/event.js';
import type { Change, Document, Projection, SelectedChange } from '../kernel/projection.js';
import type { ReadModelSpec } from '../kernel/read-model.js';
import { comparable, comparedColumns, filterColumn, type ComparedColumn } from '../views/columns.js';

/** The documents that an event changes. @throws TypeError when one of them can't be found by what names it, and what the handler throws */
export function changesOf(projection: Projection, event: RecordedEvent): readonly Change[] {
  const answer: unknown = projection.changes(event);
  if (!Array.isArray(answer)) throw new TypeError(`the handler answers with ${kindOf(answer)}; expected a list of changes.`);
  for (const change of answer as readonly unknown[]) mustName(projection.model, change);
  return answer as readonly Change[];
}

function mustName(model: ReadModelSpec, change: unknown): void {
  if (!isObject(change)) throw new TypeError(`a change is ${kindOf(change)}; expected an object.`);
  const { key, where } = change;
  if (where !== undefined) mustSelect(model, where);
  else if (typeof key !== 'string') throw new TypeError(`the key of a change is ${kindOf(key)}; expected text.`);
}

/** @throws TypeError when no document can be found by the value of this column */
function mustSelect(model: ReadModelSpec, where: unknown): void {
  if (!isObject(where)) throw new TypeError(`the \`where\` of a change is ${kindOf(where)}; expected a column and a value.`);
  const { column, value } = where as unknown as SelectedChange['where'];
  const compared = filterColumn(model, columnsOf(model), column);
  if (value !== null) comparable(compared, value);
}

const known = new WeakMap<ReadModelSpec, ReadonlyMap<string, ComparedColumn>>();

function columnsOf(model: ReadModelSpec): ReadonlyMap<string, ComparedColumn> {
  const columns = known.get(model) ?? new Map(comparedColumns(model).map((column) => [column.spec.name, column]));
  known.set(model, columns);
  return columns;
}

/** What a handler made of a document; undefined: it is removed. @throws TypeError when it is no document */
export function documentOf(made: unknown): Document | undefined {
  if (made === undefined || made === null) return undefined;
  if (isObject(made)) return made;
  throw new TypeError(`the handler makes ${kindOf(made)} of the document; expected an object with its columns.`);
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Promise);
}

function kindOf(value: unknown): string {
  if (value instanceof Promise) {
    value.catch(() => undefined); // Nobody waits for it: if it fails, that must not end the process.
    return 'a promise';
  }
  if (Array.isArray(value)) return 'a list';
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}
