/** Checks the results of handlers, so that an invalid result fails as its event, and not as a failure of the store. */
import type { RecordedEvent } from '../kernel/event.js';
import type { Change, Document, Projection, SelectedChange } from '../kernel/projection.js';
import type { ReadModelSpec } from '../kernel/read-model.js';
import { comparable, comparedColumns, filterColumn, type ComparedColumn } from '../views/shared/columns.js';

/** The changes that a handler makes of an event. @throws TypeError when the result is invalid, and what the handler throws */
export function changesOf(projection: Projection, event: RecordedEvent): readonly Change[] {
  const answer: unknown = projection.changes(event);
  if (!Array.isArray(answer)) throw new TypeError(`the handler returns ${kindOf(answer)}; expected a list of changes.`);
  for (const change of answer as readonly unknown[]) mustName(projection.model, change);
  return answer as readonly Change[];
}

function mustName(model: ReadModelSpec, change: unknown): void {
  if (!isObject(change)) throw new TypeError(`a change is ${kindOf(change)}; expected an object.`);
  const { key, where } = change;
  if (where !== undefined) mustSelect(model, where);
  else if (typeof key !== 'string') throw new TypeError(`the key of a change is ${kindOf(key)}; expected text.`);
}

/** @throws TypeError when documents can't be found by this column and value */
function mustSelect(model: ReadModelSpec, where: unknown): void {
  if (!isObject(where)) throw new TypeError(`the \`where\` of a change is ${kindOf(where)}; expected a column and a value.`);
  const { column, value } = where as SelectedChange['where'];
  const compared = filterColumn(model, columnsOf(model), column);
  if (value !== null) comparable(compared, value);
}

const known = new WeakMap<ReadModelSpec, ReadonlyMap<string, ComparedColumn>>();

function columnsOf(model: ReadModelSpec): ReadonlyMap<string, ComparedColumn> {
  const columns = known.get(model) ?? new Map(comparedColumns(model).map((column) => [column.spec.name, column]));
  known.set(model, columns);
  return columns;
}

/** The document that a handler returns; undefined: it is removed. @throws TypeError when the result is not a document */
export function documentOf(made: unknown): Document | undefined {
  if (made === undefined || made === null) return undefined;
  if (isObject(made)) return made;
  throw new TypeError(`the handler returns ${kindOf(made)}; expected a document.`);
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Promise);
}

function kindOf(value: unknown): string {
  if (value instanceof Promise) {
    value.catch(() => undefined); // It is not awaited: its rejection must not end the process.
    return 'a promise';
  }
  if (Array.isArray(value)) return 'a list';
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}
