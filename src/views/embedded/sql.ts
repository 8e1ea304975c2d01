/** Pieces of SQL that carry their values along: text of ours, values of anybody's, never mixed. */

import type { Bound } from '../cursor.js';

export type { Bound };

export interface Sql {
  readonly text: string;
  readonly values: readonly Bound[];
}

/** SQL with values bound where they stand, and pieces of SQL put in. */
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

/** Text that this program wrote itself: a keyword, an operator. */
export function raw(text: string): Sql {
  return { text, values: [] };
}

/** A quoted name of a table, an index or a column. */
export function identifier(text: string): Sql {
  return raw(`"${text.replaceAll('"', '""')}"`);
}

/** Pieces one after the other, parted by commas or by what is given. */
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

/** SQLite takes expressions up to a depth of 1,000 and counts each link of a flat chain: long ones are put together in halves. */
function chain(parts: readonly Sql[], operator: string, none: Sql): Sql {
  const [first = none] = parts;
  if (parts.length <= 1) return first;
  const half = Math.ceil(parts.length / 2);
  const links = parts.length <= 64 ? parts : [chain(parts.slice(0, half), operator, none), chain(parts.slice(half), operator, none)];
  return sql`(${join(links, operator)})`;
}
