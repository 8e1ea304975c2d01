/** A read model in the contract: its object type, and the root fields that answer one, a list, and summaries of it. */
import {
  GraphQLEnumType,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLResolveInfo,
} from 'graphql';
import { Moneys, type FieldType } from '../../kernel/field-type.js';
import type { Document, Projection } from '../../kernel/projection.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import type { Selection, SummaryGroup, Where } from '../../views/port.js';
import { connectionType, toConnection } from './connection.js';
import { momentOf, type ApiContext, type Moment, type MomentArguments } from './context.js';
import { badInput, readFirst } from './errors.js';
import { Filters, toOrder, toWhere, typeNameOf, type WhereInput } from './filters.js';
import { historyArguments, HistoryConnection, historyOf, type HistoryArguments } from './history.js';
import { DateTimeScalar, PositionScalar } from './scalars.js';
import { asStored, constantCase, required, type Fields, type TypeRegistry } from './types.js';

const momentArguments: GraphQLFieldConfigArgumentMap = {
  asOf: { type: DateTimeScalar, description: 'As the system knew it at this instant.' },
  asOfPosition: { type: PositionScalar, description: 'As it was after the event at this position.' },
  minPosition: { type: PositionScalar, description: 'Wait until at least this position shows: read your own write.' },
};

/** The most groups that a summary answers. */
const MOST_GROUPS = 10_000;

interface ListArguments extends MomentArguments {
  readonly where?: WhereInput | null;
  readonly search?: string | null;
  readonly orderBy?: readonly { readonly field: string; readonly direction: boolean }[] | null;
  readonly first: number;
  readonly after?: string | null;
}

interface SummaryArguments extends MomentArguments {
  readonly groupBy: readonly string[];
  readonly where?: WhereInput | null;
  readonly search?: string | null;
}

/** What other read models' types need of this one. */
export interface Published {
  readonly model: ReadModelSpec;
  readonly type: GraphQLObjectType;
}

/** Makes the contract of read models. Types refer to each other, so all are made before any is used. */
export class ReadModelFields {
  readonly #published = new Map<string, Published>();
  readonly #byRecord = new Map<string, Published>();
  readonly #filters: Filters;

  constructor(
    private readonly types: TypeRegistry,
    projections: readonly Projection[],
  ) {
    this.#filters = new Filters(types);
    for (const projection of projections) {
      const { model } = projection;
      const published = { model, type: this.#objectType(projection) };
      this.#published.set(model.name, published);
      if (model.record) this.#byRecord.set(model.record, published);
    }
  }

  /** The read model whose documents are the records of a stream type. */
  ofRecord(streamType: string): Published | undefined {
    return this.#byRecord.get(streamType);
  }

  /** The root fields of all read models. */
  queries(): Fields {
    return Object.assign({}, ...[...this.#published.values()].map((published) => this.#rootFields(published))) as Fields;
  }

  #objectType(projection: Projection): GraphQLObjectType {
    const { model } = projection;
    return new GraphQLObjectType<Document, ApiContext>({
      name: typeNameOf(model),
      description: model.description ?? null,
      fields: () => ({
        ...Object.assign({}, ...model.columns.map((column) => this.#columnFields(column))),
        ...this.#derivedFields(model),
        ...(model.record ? historyField(model.record, projection) : {}),
        ...(model.duplicates ? this.#duplicatesField(model, model.duplicates) : {}),
      }),
    });
  }

  /** A column, and with a reference the record that it refers to. */
  #columnFields(column: ColumnSpec): Fields {
    const type = this.types.output(column.type);
    const fields: Fields = {
      [column.name]: { type: column.optional ? type : required(type), description: column.description ?? null, ...asStored(column.type, column.name) },
    };
    const target = column.type.kind === 'id' && column.type.ref ? this.#byRecord.get(column.type.ref) : undefined;
    if (target && column.name.endsWith('Id')) {
      fields[column.name.slice(0, -2)] = {
        type: target.type,
        resolve: (document, _, context) => {
          const id = (document as Document)[column.name];
          return typeof id === 'string' ? context.load(target.model, id, momentOf(document)) : null;
        },
      };
    }
    return fields;
  }

  #derivedFields(model: ReadModelSpec): Fields {
    return Object.fromEntries(
      model.derived.map(({ name, type, description, of }) => [
        name,
        { type: this.types.output(type), description: description ?? null, resolve: (document) => (of as (document: object) => unknown)(document) },
      ]),
    ) as Fields;
  }

  #duplicatesField(model: ReadModelSpec, sets: readonly (readonly string[])[]): Fields {
    return {
      duplicates: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(this.#type(model)))),
        description: `Likely the same one twice: they agree, but for case and accents, on ${sets.map((set) => set.join(' and ')).join(', or ')}.`,
        args: { first: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 20, description: 'From 1 to 500.' } },
        resolve: async (source, { first }: { first: number }, { services }) => {
          const document = source as Document;
          const where = sameAs(document, sets);
          if (!where) return [];
          const moment = momentOf(document);
          const selection: Selection = { where, ...(moment.asOf === undefined ? {} : { asOf: moment.asOf }) };
          return toConnection(model, selection, await services.views.list(model, { ...selection, orderBy: [], first: readFirst(first) }), undefined, moment).nodes;
        },
      },
    };
  }

  #type(model: ReadModelSpec): GraphQLObjectType {
    const published = this.#published.get(model.name);
    if (!published) throw new TypeError(`${model.name} is not published.`);
    return published.type;
  }

  #rootFields({ model, type }: Published): Fields {
    const typeName = typeNameOf(model);
    const fields: Fields = { [model.name]: this.#listField(model, type, typeName) };
    if (model.one) {
      fields[model.one] = {
        type,
        args: { id: { type: new GraphQLNonNull(GraphQLID) }, ...momentArguments },
        resolve: async (_, { id, ...moment }: MomentArguments & { id: string }, context) => context.load(model, id, await context.moment(model, moment)),
      };
    }
    const dimensions = model.columns.filter((column) => column.dimension);
    if (dimensions.length > 0) fields[`${model.name}Summary`] = this.#summaryField(model, typeName, dimensions);
    return fields;
  }

  #selectionArguments(model: ReadModelSpec, typeName: string): GraphQLFieldConfigArgumentMap {
    return {
      ...(model.columns.some((column) => column.filter) ? { where: { type: this.#where(model, typeName) } } : {}),
      ...(model.columns.some((column) => column.search)
        ? { search: { type: GraphQLString, description: `Words that all must begin a word of ${model.columns.filter((column) => column.search).map((column) => column.name).join(', ')}.` } }
        : {}),
      ...momentArguments,
    };
  }

  readonly #wheres = new Map<string, ReturnType<Filters['where']>>();

  #where(model: ReadModelSpec, typeName: string) {
    const made = this.#wheres.get(typeName) ?? this.#filters.where(model, typeName);
    this.#wheres.set(typeName, made);
    return made;
  }

  #listField(model: ReadModelSpec, type: GraphQLObjectType, typeName: string): Fields[string] {
    const order = this.#filters.order(model, typeName);
    return {
      type: new GraphQLNonNull(connectionType(typeName, type)),
      args: {
        ...this.#selectionArguments(model, typeName),
        ...(order ? { orderBy: { type: new GraphQLList(new GraphQLNonNull(order)) } } : {}),
        ...historyArguments,
      },
      resolve: async (_, args: ListArguments, context) => {
        const first = readFirst(args.first);
        const moment = await context.moment(model, args);
        const selection = toSelection(args, moment);
        const after = args.after ?? undefined;
        const query = { ...selection, orderBy: toOrder(args.orderBy), first, ...(after === undefined ? {} : { after }) };
        return toConnection(model, selection, await context.services.views.list(model, query), after, moment);
      },
    };
  }

  #summaryField(model: ReadModelSpec, typeName: string, dimensions: readonly ColumnSpec[]): Fields[string] {
    const measures = model.columns.filter((column) => column.measure);
    const row = new GraphQLObjectType<Document, ApiContext>({
      name: `${typeName}Summary`,
      description: 'One group. Dimensions that were not grouped by are null.',
      fields: () => ({
        ...Object.fromEntries(dimensions.map((column) => [column.name, { type: this.types.output(column.type), description: column.description ?? null }])),
        ...Object.assign(
          {},
          ...dimensions.map((column) => {
            const { [column.name]: _, ...relation } = this.#columnFields(column);
            return relation;
          }),
        ),
        count: { type: new GraphQLNonNull(GraphQLInt), description: 'How many documents are in the group.' },
        ...Object.fromEntries(measures.map((column) => [column.name, this.#measureField(column)])),
        ...this.#derivedFields(model),
      }),
    });
    const dimension = new GraphQLEnumType({
      name: `${typeName}Dimension`,
      values: Object.fromEntries(dimensions.map(({ name }) => [constantCase(name), { value: name }])),
    });
    return {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(row))),
      description: 'Counts, sums and distributions over groups, ordered by the dimensions in the order given. Without dimensions, one group of all.',
      args: { groupBy: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(dimension))), defaultValue: [] }, ...this.#selectionArguments(model, typeName) },
      resolve: async (_, args: SummaryArguments, context, info) => {
        const moment = await context.moment(model, args);
        const groupBy = [...new Set(args.groupBy)];
        const wanted = model.derived.some(({ name }) => asksFor(info, name)) ? measures : measures.filter(({ name }) => asksFor(info, name));
        const groups = await context.services.views.summarise(model, { ...toSelection(args, moment), groupBy, measures: wanted.map(({ name }) => name) });
        if (groups.length > MOST_GROUPS) throw badInput('TOO_MANY_GROUPS', 'groupBy', `The summary has ${groups.length} groups; at most ${MOST_GROUPS} are answered. Filter, or group by less.`);
        return [...groups].sort((a, b) => compareGroups(a, b, groupBy)).map(({ by, count, measures: sums }) => ({ ...by, count, ...sums }));
      },
    };
  }

  /** Sums of money keep currencies apart, so they are lists. */
  #measureField(column: ColumnSpec): Fields[string] {
    const type: FieldType = column.type.kind === 'money' ? Moneys : column.type;
    return { type: this.types.output(type), description: column.description ?? null, ...asStored(type, column.name) };
  }
}

function historyField(record: string, projection: Projection): Fields {
  return {
    history: {
      type: new GraphQLNonNull(HistoryConnection),
      description: 'Every event of this record, oldest first.',
      args: historyArguments,
      resolve: (document, args: HistoryArguments, context) =>
        historyOf(context, { type: record, id: String((document as Document)['id']) }, projection, args, momentOf(document).asOf),
    },
  };
}

function toSelection(args: { readonly where?: WhereInput | null; readonly search?: string | null }, { asOf }: Moment): Selection {
  const where = toWhere(args.where);
  const search = args.search?.trim();
  if (search && search.length > 200) throw badInput('BAD_USER_INPUT', 'search', 'search takes at most 200 characters.');
  return { ...(where ? { where } : {}), ...(search ? { search } : {}), ...(asOf === undefined ? {} : { asOf }) };
}

/** Other documents that agree with this one on all columns of some set. */
function sameAs(document: Document, sets: readonly (readonly string[])[]): Where | undefined {
  const alternatives = sets.flatMap((set): Where[] => {
    const tests = set.map((column): Where => ({ kind: 'is', column, op: 'agree', value: document[column] as string }));
    return set.every((column) => typeof document[column] === 'string' && document[column] !== '') ? [{ kind: 'and', of: tests }] : [];
  });
  if (alternatives.length === 0) return undefined;
  return { kind: 'and', of: [{ kind: 'is', column: 'id', op: 'ne', value: String(document['id']) }, { kind: 'or', of: alternatives }] };
}

/** Whether a summary's selection names a field, in a fragment or not. */
function asksFor(info: GraphQLResolveInfo, field: string): boolean {
  const inSet = (set: (typeof info.fieldNodes)[number]['selectionSet']): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === 'Field') return selection.name.value === field;
      return inSet(selection.kind === 'FragmentSpread' ? info.fragments[selection.name.value]?.selectionSet : selection.selectionSet);
    }) ?? false;
  return info.fieldNodes.some((node) => inSet(node.selectionSet));
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
