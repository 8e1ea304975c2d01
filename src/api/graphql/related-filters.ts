/**
 * Conditions on related records, one step away: `opportunities(where: { account: { industry: { eq: "hotels" } } })`. The records that match
 * are looked up first, in their own read model as of the same moment; then the documents that refer to one of them are asked for.
 */
import type { Selection, Where } from '../../views/port/query.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { ApiContext, Moment } from './context.js';
import { badInput } from './errors.js';
import type { Reference, Relations } from './relations.js';
import { toSelection, type SelectionArguments } from './selection.js';
import { DEEPEST, FoundRecords, toWhere, type WhereInput } from './where.js';

/** The most records that a condition may match. */
const MOST_RECORDS = 10_000;

/** The most conditions on related records in one `where`. */
const MOST_LOOKUPS = 10;

/** Records read at a time. */
const PAGE = 1_000;

/**
 * What a caller selects by, with the records found that match its conditions on related ones.
 * @throws GraphQLError what `toSelection` throws, or when there are too many such conditions, or one matches too many records; and what
 * the view port throws
 */
export async function foundSelection(
  context: ApiContext,
  relations: Relations,
  model: ReadModelSpec,
  args: SelectionArguments,
  moment: Moment,
): Promise<Selection> {
  const where = await withFoundRecords(context, relations, model, args.where, moment);
  return toSelection(model, { ...args, where: where ?? null }, moment);
}

/** The same `where` with the records found that match its conditions on related ones. */
async function withFoundRecords(
  context: ApiContext,
  relations: Relations,
  model: ReadModelSpec,
  where: WhereInput | null | undefined,
  moment: Moment,
): Promise<WhereInput | null | undefined> {
  const references = new Map(relations.from(model).map((reference) => [reference.name, reference]));
  if (!where || references.size === 0) return where;
  let lookups = 0;
  const found = async (input: WhereInput, depth: number): Promise<WhereInput> => {
    // What is nested deeper is refused as a whole when it is read.
    if (depth > DEEPEST) return input;
    const parts = Object.entries(input).map(async ([name, given]): Promise<readonly [string, unknown]> => {
      if (given === null || given === undefined) return [name, given];
      if (name === 'and' || name === 'or') {
        return [name, await Promise.all((given as readonly WhereInput[]).map((each) => found(each, depth + 1)))];
      }
      if (name === 'not') return [name, await found(given as WhereInput, depth + 1)];
      const reference = references.get(name);
      if (!reference) return [name, given];
      lookups += 1;
      if (lookups > MOST_LOOKUPS) {
        throw badInput('BAD_USER_INPUT', 'where', `where takes at most ${MOST_LOOKUPS} conditions on related records.`);
      }
      return [name, await lookUp(context, reference, given as WhereInput, moment)];
    });
    return Object.fromEntries(await Promise.all(parts));
  };
  return found(where, 0);
}

/** The records that match; undefined when the conditions hold for every one, so that nothing is asked of the reference. */
async function lookUp(
  context: ApiContext,
  { target, column, name }: Reference,
  conditions: WhereInput,
  moment: Moment,
): Promise<FoundRecords | undefined> {
  const path = `where.${name}`;
  const where = toWhere(target, conditions, path);
  if (!where) return undefined;
  await context.reached(target, moment);
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await pageOfKeys(context, target, where, moment, after);
    ids.push(...page.keys);
    if (!page.hasNext) return new FoundRecords(column, ids);
    if (after === undefined) await refuseTooMany(context, target, where, moment, path);
    after = page.end;
  }
}

async function pageOfKeys(context: ApiContext, target: ReadModelSpec, where: Where, { asOf }: Moment, after: string | undefined) {
  const selection = { where, ...(asOf === undefined ? {} : { asOf }), ...(after === undefined ? {} : { after }) };
  const { json, hasNext } = await context.budget.ask(() =>
    context.services.views.list(context.build(target), { ...selection, orderBy: [], first: PAGE }),
  );
  const rows = JSON.parse(json) as readonly { readonly key: string; readonly cursor: string }[];
  context.budget.spend(rows.length);
  return { keys: rows.map(({ key }) => key), end: rows.at(-1)?.cursor, hasNext };
}

async function refuseTooMany(context: ApiContext, target: ReadModelSpec, where: Where, { asOf }: Moment, path: string): Promise<void> {
  const selection = { where, ...(asOf === undefined ? {} : { asOf }) };
  const count = await context.budget.ask(() => context.services.views.count(context.build(target), selection));
  if (count <= MOST_RECORDS) return;
  throw badInput(
    'BAD_USER_INPUT',
    path,
    `${path} matches ${count} ${target.name}; at most ${MOST_RECORDS} are looked up. Narrow the condition.`,
  );
}
