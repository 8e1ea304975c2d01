/** What a caller gave as `where`, as the view port takes it. */
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Where } from '../../views/port/query.js';
import { columnConditions, idConditions } from './column-conditions.js';
import { badInput } from './errors.js';
import { isMoney, moneyTests } from './money-arguments.js';

/** What a caller gives as `where`: the id, columns, records that columns refer to, and the three connectives. */
export type WhereInput = Readonly<Record<string, unknown>>;

/** The ids of the records that match a condition on a related record. They stand in its place in `where`: see `withFoundRecords`. */
export class FoundRecords {
  constructor(
    /** The column that refers to the records. */
    readonly column: string,
    readonly ids: readonly string[],
  ) {}
}

/** The deepest nesting of `and`, `or` and `not`. */
export const DEEPEST = 8;

/** The most conditions of one `where`. */
const MOST_CONDITIONS = 200;

/**
 * What a caller gave as `where`, as the view port asks it; undefined when it holds for every document.
 * @param path the argument that has it
 * @throws GraphQLError when it is nested too deeply, or names too many conditions or values.
 */
export function toWhere(model: ReadModelSpec, input: WhereInput | null | undefined, path = 'where'): Where | undefined {
  const where = read(model, input, path, 0);
  if (where && conditionsIn(where) > MOST_CONDITIONS) {
    throw badInput('BAD_USER_INPUT', path, `${path} takes at most ${MOST_CONDITIONS} conditions. To ask for one of many values, use in.`);
  }
  return where;
}

function read(model: ReadModelSpec, input: WhereInput | null | undefined, path: string, depth: number): Where | undefined {
  if (!input) return undefined;
  if (depth > DEEPEST) throw badInput('BAD_USER_INPUT', path, `${path}: and, or and not may be nested at most ${DEEPEST} deep.`);
  const nested = (each: unknown): Where => read(model, each as WhereInput, path, depth + 1) ?? everything;
  const all = Object.entries(input).flatMap(([name, given]): readonly Where[] => {
    if (given === null || given === undefined) return [];
    if (given instanceof FoundRecords) return [{ kind: 'in', column: given.column, values: given.ids }];
    if (name === 'and' || name === 'or') return [{ kind: name, of: (given as readonly unknown[]).map(nested) }];
    if (name === 'not') return [{ kind: 'not', of: nested(given) }];
    if (name === 'id') return idConditions(given, path);
    return isMoney(model, name) ? moneyTests(name, given, path) : columnConditions(name, given, path);
  });
  return all.length === 0 ? undefined : all.length === 1 ? all[0] : { kind: 'and', of: all };
}

function conditionsIn(where: Where): number {
  switch (where.kind) {
    case 'and':
    case 'or':
      return where.of.reduce((sum, each) => sum + conditionsIn(each), 1);
    case 'not':
      return conditionsIn(where.of);
    default:
      return 1;
  }
}

const everything: Where = { kind: 'and', of: [] };
