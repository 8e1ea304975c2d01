/** Expressions of a mapping, in CEL: compiled once and checked against the columns of the files. */
import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { registerFunctions } from './functions.js';
import type { Row } from './csv-source.js';

/** What an expression can refer to: the rows of sources, and the variables that the mapping defines before it. */
export interface Scope {
  readonly name: string;
  readonly timeZone: string;
  /** Columns by source. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  readonly named: readonly string[];
}

export type Values = Readonly<Record<string, Row | string>>;

/** The CEL type of an expression's value, such as `string`, `int` or `list<string>`; `dyn` when it is unknown. */
export type ValueType = string;

export interface Expression {
  readonly type: ValueType;
  /** The columns that it reads. */
  readonly uses: readonly { readonly source: string; readonly column: string }[];
  /** @throws InvalidValue when the row's values can't be used */
  evaluate(values: Values): unknown;
}

/** An expression can't be evaluated for a row. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}

/** @throws RangeError when the syntax, a column, a function or a type is wrong */
export type Compile = (text: string) => Expression;

/** Creates a compiler for expressions with the same scope. */
export function compiler({ name, timeZone, sources, named }: Scope): Compile {
  const environment = registerFunctions(new Environment(), { name, timeZone });
  for (const source of sources.keys()) environment.registerVariable(source, 'map<string, string>');
  for (const text of named) environment.registerVariable(text, 'string');
  const known = [...sources.keys(), ...named];

  return (text) => {
    let parsed;
    try {
      parsed = environment.parse(text);
    } catch (error) {
      throw new RangeError(`the expression ${text} is not valid: ${reasonOf(error)}`, { cause: error });
    }
    const uses = columnsUsed(parsed.ast, sources, text);
    const { valid, type, error } = parsed.check();
    if (!valid) {
      const hint =
        error?.code === 'unknown_variable'
          ? `; ${known.length === 0 ? 'no names are defined here' : `defined are ${known.join(', ')}`}`
          : error?.code === 'no_matching_overload'
            ? '; docs/import.md lists the functions and their parameters'
            : '';
      throw new RangeError(`the expression ${text} can't be evaluated: ${reasonOf(error)}${hint}`);
    }
    return {
      type: type ?? 'dyn',
      uses,
      evaluate(values) {
        try {
          return parsed(values) as unknown;
        } catch (cause) {
          throw new InvalidValue(reasonOf(cause), { cause });
        }
      },
    };
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
}

/** @throws RangeError when the file has no such column */
function columnsUsed(root: ASTNode, sources: Scope['sources'], text: string): Expression['uses'] {
  const found: { source: string; column: string }[] = [];
  const visit = (node: ASTNode): void => {
    if ((node.op === '.' || node.op === '[]') && node.args[0].op === 'id') {
      const source = node.args[0].args;
      const columns = sources.get(source);
      if (columns) {
        const column = node.op === '.' ? node.args[1] : node.args[1].op === 'value' ? node.args[1].args : undefined;
        if (typeof column !== 'string') throw new RangeError(`the expression ${text} must name the column of ${source} in quotes`);
        if (!columns.includes(column)) {
          throw new RangeError(
            `the expression ${text} uses "${column}", which is not a column of ${source}; its columns are ${columns.join(', ')}`,
          );
        }
        found.push({ source, column });
      }
    }
    for (const child of children(node.args)) visit(child);
  };
  visit(root);
  return found;
}

function children(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return (args as readonly unknown[]).flatMap(children);
  return typeof args === 'object' && args !== null && 'op' in args && 'args' in args ? [args as ASTNode] : [];
}
