/** Summaries: counts, sums and distributions of a read model's documents over its declared dimensions. */
import {
  GraphQLEnumType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  Kind,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql';
import { constantCase } from '../../kernel/constant-case.js';
import { Moneys, type FieldType } from '../../kernel/field-type.js';
import type { Document } from '../../kernel/projection.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import type { SummaryGroup } from '../../views/query.js';
import { at, type ApiContext, type MomentArguments } from './context.js';
import { badInput } from './errors.js';
import { typeNameOf } from './filters.js';
import { toSelection, type SelectionArguments } from './selection.js';
import { asStored, type Fields, type TypeRegistry } from './types.js';

/** The most groups that a summary answers. */
const MOST_GROUPS = 10_000;

interface SummaryArguments extends MomentArguments, SelectionArguments {
  readonly groupBy: readonly string[];
}

/** What a summary shares with the lists of the same read model. */
interface Shared {
  readonly args: GraphQLFieldConfigArgumentMap;
  /** The records that its dimensions refer to. */
  readonly relations: Fields;
  readonly derived: Fields;
}

/** The root field `leadsSummary` of a read model with dimensions. */
export function summaryField(model: ReadModelSpec, types: TypeRegistry, { args, relations, derived }: Shared): Fields[string] {
  const typeName = typeNameOf(model);
  const dimensions = model.columns.filter((column) => column.dimension);
  const measures = model.columns.filter((column) => column.measure);
  const row = new GraphQLObjectType<Document, ApiContext>({
    name: `${typeName}Summary`,
    description: 'One group. Dimensions that were not grouped by are null.',
    fields: () => ({
      ...Object.fromEntries(
        dimensions.map(({ name, type, description }) => [name, { type: types.output(type), description: description ?? null }]),
      ),
      ...relations,
      count: { type: new GraphQLNonNull(GraphQLInt), description: 'How many documents are in the group.' },
      ...Object.fromEntries(measures.map((column) => [column.name, measureField(column, types)])),
      ...derived,
    }),
  });
  const dimension = new GraphQLEnumType({
    name: `${typeName}Dimension`,
    values: Object.fromEntries(dimensions.map(({ name }) => [constantCase(name), { value: name }])),
  });
  return {
    type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(row))),
    description:
      'Counts, sums and distributions over groups, ordered by the dimensions in the order given. Without dimensions, one group of all.',
    args: { groupBy: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(dimension))), defaultValue: [] }, ...args },
    resolve: async (_, { groupBy, ...given }: SummaryArguments, context, info) => {
      const moment = await context.moment(model, given);
      const by = [...new Set(groupBy)];
      const query = { ...toSelection(given, moment), groupBy: by, measures: wanted(model, measures, info) };
      const asked = context.budget.ask(() => context.services.views.summarise(context.build(model), query));
      const groups = await asked.catch((failure: unknown): never => {
        throw failure instanceof RangeError ? badInput('BAD_USER_INPUT', 'groupBy', failure.message) : failure;
      });
      if (groups.length > MOST_GROUPS) {
        throw badInput(
          'TOO_MANY_GROUPS',
          'groupBy',
          `The summary has ${groups.length} groups; at most ${MOST_GROUPS} are answered. Filter, or group by less.`,
        );
      }
      context.budget.found(groups.length, info);
      const ordered = [...groups].sort((a, b) => compareGroups(a, b, by));
      return ordered.map((group) => at({ ...group.by, count: group.count, ...group.measures }, moment));
    },
  };
}

/** Sums of money keep currencies apart, so they are lists. */
function measureField({ name, type, description }: ColumnSpec, types: TypeRegistry): Fields[string] {
  const summed: FieldType = type.kind === 'money' ? Moneys : type;
  return { type: types.output(summed), description: description ?? null, ...asStored(summed, name) };
}

/** The measures that the answer needs: what derived values are made of is not told, so they need all. */
function wanted(model: ReadModelSpec, measures: readonly ColumnSpec[], info: GraphQLResolveInfo): readonly string[] {
  const asked = info.fieldNodes.flatMap((node) => fieldsIn(node.selectionSet, info));
  const all = model.derived.some(({ name }) => asked.includes(name));
  return measures.map(({ name }) => name).filter((name) => all || asked.includes(name));
}

/** The names of the fields that are asked for, in fragments or not. */
function fieldsIn(set: SelectionSetNode | undefined, info: GraphQLResolveInfo): readonly string[] {
  return (set?.selections ?? []).flatMap((selection) => {
    switch (selection.kind) {
      case Kind.FIELD:
        return [selection.name.value];
      case Kind.FRAGMENT_SPREAD:
        return fieldsIn(info.fragments[selection.name.value]?.selectionSet, info);
      case Kind.INLINE_FRAGMENT:
        return fieldsIn(selection.selectionSet, info);
    }
  });
}

/** By each dimension in turn; null before everything. */
function compareGroups(a: SummaryGroup, b: SummaryGroup, dimensions: readonly string[]): number {
  for (const dimension of dimensions) {
    const left = a.by[dimension] ?? null;
    const right = b.by[dimension] ?? null;
    if (left === right) continue;
    if (left === null || right === null) return left === null ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}
