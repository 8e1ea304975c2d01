/** SQL fragments with bound values: text from this program, values from anywhere, never mixed. */

import type { Bound } from '../shared/cursor.js';

export type { Bound };

export interface Sql {
  readonly text: string;
  readonly values: readonly Bound[];
}

/** SQL with bound values, and with other fragments inserted. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Bound | Sql)[]): Sql {
  let text = strings[0] ?? '';
  const values: Bound[] = [];
  parts.forEach((part, index) => {
    if (part !== null && typeof part === 'object') {
      text += part.text;
      values.push(...part.values);
    } else {
      text += '?';
      values.push(part);
    }
    text += strings[index + 1] ?? '';
  });
  return { text, values };
}

/** Text of this program: a keyword, an operator. */
export function raw(text: string): Sql {
  return { text, values: [] };
}

/** A quoted name of a table, an index or a column. */
export function identifier(text: string): Sql {
  return raw(`"${text.replaceAll('"', '""')}"`);
}

/** Fragments joined by commas or by another separator. */
export function join(parts: readonly Sql[], separator = ', '): Sql {
  return { text: parts.map(({ text }) => text).join(separator), values: parts.flatMap(({ values }) => values) };
}

export const TRUE = raw('1');
export const FALSE = raw('0');

export function and(parts: readonly Sql[]): Sql {
  return parts.includes(FALSE) ? FALSE : chain(without(parts, TRUE), ' AND ', TRUE);
}

export function or(parts: readonly Sql[]): Sql {
  return parts.includes(TRUE) ? TRUE : chain(without(parts, FALSE), ' OR ', FALSE);
}

function without(parts: readonly Sql[], part: Sql): readonly Sql[] {
  return parts.filter((other) => other !== part);
}

/** SQLite limits the depth of expressions to 1,000, and each link of a flat chain counts: long chains are balanced. */
function chain(parts: readonly Sql[], operator: string, none: Sql): Sql {
  const [first = none] = parts;
  if (parts.length <= 1) return first;
  const half = Math.ceil(parts.length / 2);
  const links = parts.length <= 64 ? parts : [chain(parts.slice(0, half), operator, none), chain(parts.slice(half), operator, none)];
  return sql`(${join(links, operator)})`;
}
