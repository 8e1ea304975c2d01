/** Summaries: counts, sums and distributions of a read model's documents over its dimensions and over calendar periods. */
import {
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  Kind,
  type FieldNode,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql';
import { date } from '../../../contracts/fields/scalars.js';
import { MoneyByCurrencyField } from '../../kernel/computed-fields.js';
import type { Document } from '../../kernel/projection.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import type { Selection, SummaryGroup } from '../../views/port/query.js';
import { at, type ApiContext, type Moment } from './context.js';
import { badInput } from './errors.js';
import { listOf } from './non-null.js';
import type { OrderInput } from './order.js';
import { PositionScalar, scalarOf } from './scalars.js';
import type { SelectionArguments } from './selection.js';
import { groupingOf, isCut, MOST_GROUPS, summaryArguments, topOf, zoneOf, type SummaryArguments } from './summary-arguments.js';
import { groupsOf, together } from './summary-groups.js';
import { DOCUMENTS, ordered, summaryOrder } from './summary-order.js';
import { typeNameOf } from './type-names.js';
import { describe, showing, type Fields, type TypeRegistry } from './types.js';

/** What a summary shares with the lists of the same read model. */
interface Shared {
  readonly args: GraphQLFieldConfigArgumentMap;
  /** The records that its dimensions refer to. */
  readonly relations: Fields;
  readonly derived: Fields;
  readonly select: (context: ApiContext, args: SelectionArguments, moment: Moment) => Promise<Selection>;
}

/** The root field `leadsSummary` of a read model with dimensions. */
export function summaryField(model: ReadModelSpec, types: TypeRegistry, { args, relations, derived, select }: Shared): Fields[string] {
  const typeName = typeNameOf(model);
  const dimensions = model.columns.filter((column) => column.dimension || isCut(column));
  const measures = model.columns.filter((column) => column.measure);
  const orderable = { dimensions, measures, computed: model.computed };
  const group = new GraphQLObjectType<Document, ApiContext>({
    name: `${typeName}SummaryGroup`,
    description: 'Documents taken together. What they were not grouped by is null.',
    fields: () => ({
      ...Object.fromEntries(dimensions.map((column) => [column.name, dimensionField(column, types)])),
      ...relations,
      [DOCUMENTS]: { type: new GraphQLNonNull(GraphQLInt), description: 'How many documents are in the group.' },
      ...Object.fromEntries(measures.map((column) => [column.name, measureField(column, types)])),
      ...derived,
    }),
  });
  const summary = new GraphQLObjectType<object, ApiContext>({
    name: `${typeName}Summary`,
    description: 'Documents by groups, and all of them together.',
    fields: {
      groups: { type: listOf(group), description: 'The groups, in order.' },
      rest: { type: group, description: 'All groups beyond top as one; null when there are none.' },
      total: { type: new GraphQLNonNull(group), description: 'All groups as one.' },
      timeZone: { type: new GraphQLNonNull(GraphQLString), description: 'The zone that instants were cut in.' },
      position: {
        type: new GraphQLNonNull(PositionScalar),
        description: 'Everything up to this position is counted; without asOf, what came while it was counted may be too.',
      },
    },
  });
  return {
    type: summary,
    description: 'Counts, sums and distributions over groups.',
    args: { ...summaryArguments(typeName, dimensions), orderBy: orderArgument(typeName, orderable), ...args },
    resolve: async (_, given: SummaryArguments, context, info) => {
      const timeZone = given.timeZone == null ? context.services.timeZone : zoneOf(given.timeZone);
      const top = given.top == null ? undefined : topOf(given.top);
      const moment = await context.moment(model, given);
      const { columns, cuts } = groupingOf(dimensions, given.groupBy);
      const orderBy = given.orderBy ?? (top === undefined ? [] : [{ field: DOCUMENTS, direction: true }]);
      const wanted = wantedMeasures(model, measures, orderBy, info);
      const grouping = { ...(await select(context, given, moment)), columns, cuts, measures: wanted.map(({ name }) => name), timeZone };
      const { views } = context.services;
      const build = context.build(model);
      // A moment that is still to come means now.
      const position = Math.min(moment.asOf ?? Infinity, await views.position(build));
      const groups = await context.budget.ask(() => groupsOf(views, build, grouping)).catch(asBadInput);
      if (groups.length > MOST_GROUPS) {
        const found = `The summary has ${groups.length} groups; at most ${MOST_GROUPS} are counted.`;
        throw badInput('TOO_MANY_GROUPS', 'groupBy', `${found} Filter, or group by less.`);
      }
      const names = given.groupBy.map(({ by }) => by);
      const all = ordered(groups, orderBy, names, orderable);
      const shown = all.slice(0, top);
      context.budget.found(shown.length, info);
      const told = (each: SummaryGroup): Document => documentOf(each, moment);
      try {
        const rest = all.length > shown.length ? told(together(all.slice(shown.length), wanted)) : null;
        return { groups: shown.map(told), rest, total: told(together(all, wanted)), timeZone, position };
      } catch (failure) {
        return asBadInput(failure);
      }
    },
  };
}

function orderArgument(typeName: string, orderable: Parameters<typeof summaryOrder>[1]): GraphQLFieldConfigArgumentMap[string] {
  return {
    type: new GraphQLList(new GraphQLNonNull(summaryOrder(typeName, orderable))),
    description: 'The order of the groups. When absent: the most documents first where top is given, else by what they are grouped by.',
  };
}

/** Of what is cut, the first day of the period. */
function dimensionField(column: ColumnSpec, types: TypeRegistry): Fields[string] {
  if (!isCut(column)) return { type: types.output(column.kind), description: describe(column) };
  return { type: scalarOf(date), description: `The first day of the period. ${column.description ?? ''}`.trim() };
}

/** Sums of money keep currencies apart, so they are lists. */
function measureField(column: ColumnSpec, types: TypeRegistry): Fields[string] {
  const kind = column.kind.added === 'money' ? MoneyByCurrencyField.kind : column.kind;
  return { type: types.output(kind), description: describe(column), ...showing(kind, column.name) };
}

/** What the fields of a group are resolved from. */
function documentOf({ by, count, measures }: SummaryGroup, moment: Moment): Document {
  return at({ ...by, [DOCUMENTS]: count, ...measures }, moment);
}

/** A sum beyond what is exact is for the client to avoid. */
function asBadInput(failure: unknown): never {
  throw failure instanceof RangeError ? badInput('BAD_USER_INPUT', 'groupBy', failure.message) : failure;
}

/** The measures that the answer and its order need: what derived values are made of is not told, so they need all. */
function wantedMeasures(
  model: ReadModelSpec,
  measures: readonly ColumnSpec[],
  orderBy: readonly OrderInput[],
  info: GraphQLResolveInfo,
): readonly ColumnSpec[] {
  const groups = info.fieldNodes.flatMap((node) => fieldsIn(node.selectionSet, info));
  const asked = new Set([
    ...groups.flatMap(({ selectionSet }) => fieldsIn(selectionSet, info).map(({ name }) => name.value)),
    ...orderBy.map(({ field }) => field),
  ]);
  const all = model.computed.some(({ name }) => asked.has(name));
  return measures.filter(({ name }) => all || asked.has(name));
}

/** The fields that are asked for, in fragments or not. */
function fieldsIn(set: SelectionSetNode | undefined, info: GraphQLResolveInfo): readonly FieldNode[] {
  return (set?.selections ?? []).flatMap((selection) => {
    switch (selection.kind) {
      case Kind.FIELD:
        return [selection];
      case Kind.FRAGMENT_SPREAD:
        return fieldsIn(info.fragments[selection.name.value]?.selectionSet, info);
      case Kind.INLINE_FRAGMENT:
        return fieldsIn(selection.selectionSet, info);
    }
  });
}
