/** Expressions of a mapping: CEL, compiled once and checked against the columns that the files really have. */
import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { registerFunctions } from './functions.js';
import type { Row } from './csv-source.js';

/** What an expression can name: the rows of sources, and the texts that the mapping named before. */
export interface Scope {
  readonly name: string;
  readonly timeZone: string;
  /** Columns by source. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  readonly named: readonly string[];
}

export type Values = Readonly<Record<string, Row | string>>;

/** CEL's name of the type of what an expression gives: `string`, `int`, `list<string>`; `dyn` when it can't be told. */
export type ValueType = string;

export interface Expression {
  readonly type: ValueType;
  /** Columns that it looks at. */
  readonly uses: readonly { readonly source: string; readonly column: string }[];
  /** @throws InvalidValue when the row has nothing that the expression can be computed from. */
  evaluate(values: Values): unknown;
}

/** An expression that can't be computed for a row. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}

/** @throws RangeError that says what is wrong with an expression: its syntax, a column, a function, a type. */
export type Compile = (text: string) => Expression;

/** Makes a compiler of expressions that see the same things. */
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
      throw new RangeError(`the expression ${text} can't be read: ${reasonOf(error)}`, { cause: error });
    }
    const uses = columnsUsed(parsed.ast, sources, text);
    const { valid, type, error } = parsed.check();
    if (!valid) {
      const hint =
        error?.code === 'unknown_variable'
          ? `; there ${known.length === 0 ? 'are no names here' : `is ${known.join(', ')}`}`
          : error?.code === 'no_matching_overload'
            ? '; docs/import.md lists the functions and what they take'
            : '';
      throw new RangeError(`the expression ${text} can't be computed: ${reasonOf(error)}${hint}`);
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

/** @throws RangeError when a column is not in the file. */
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
            `the expression ${text} asks for "${column}", which is no column of ${source}; it has ${columns.join(', ')}`,
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
