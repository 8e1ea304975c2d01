/** What a caller selects by, as the view port asks it. */
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Selection } from '../../views/port/query.js';
import type { Moment } from './context.js';
import { badInput, readText } from './errors.js';
import { toWhere, type WhereInput } from './where.js';

export interface SelectionArguments {
  readonly where?: WhereInput | null;
  readonly search?: string | null;
}

/** The longest search, in characters. */
const LONGEST_SEARCH = 200;

/** @throws GraphQLError when the search is too long or has a character U+0000, or `where` is beyond its limits. */
export function toSelection(model: ReadModelSpec, args: SelectionArguments, { asOf }: Moment): Selection {
  const where = toWhere(model, args.where);
  const search = args.search?.trim();
  if (search && search.length > LONGEST_SEARCH) {
    throw badInput('BAD_USER_INPUT', 'search', `search takes at most ${LONGEST_SEARCH} characters.`);
  }
  if (search) readText('search', search);
  return { ...(where ? { where } : {}), ...(search ? { search } : {}), ...(asOf === undefined ? {} : { asOf }) };
}
