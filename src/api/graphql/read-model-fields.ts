/** A read model in the contract: its object type, and the root fields that answer one, a list, and summaries of it. */
import { GraphQLID, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString, type GraphQLFieldConfigArgumentMap } from 'graphql';
import type { Document, Projection } from '../../kernel/projection.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import { changedField } from './changes.js';
import { connectionOf, connectionType } from './connection.js';
import { momentOf, type ApiContext, type MomentArguments } from './context.js';
import { momentArguments } from './moment-arguments.js';
import { duplicatesField } from './duplicates.js';
import { readFirst, readText } from './errors.js';
import { Filters, toOrder, typeNameOf } from './filters.js';
import { historyArguments, HistoryConnection, historyOf, type HistoryArguments } from './history.js';
import { toSelection, type SelectionArguments } from './selection.js';
import { summaryField } from './summary.js';
import { asStored, merged, required, type Fields, type TypeRegistry } from './types.js';

interface ListArguments extends MomentArguments, SelectionArguments {
  readonly orderBy?: readonly { readonly field: string; readonly direction: boolean }[] | null;
  readonly first: number;
  readonly after?: string | null;
}

/** What other read models' types need of this one. */
export interface Published {
  readonly model: ReadModelSpec;
  readonly type: GraphQLObjectType;
  readonly projection: Projection;
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
      const published = { model, type: this.#objectType(projection), projection };
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
    return merged([...this.#published.values()].map((published) => this.#rootFields(published)));
  }

  /** What is told of the read models as they change. */
  subscriptions(): Fields {
    return merged(
      [...this.#published.values()].map(({ model, type, projection }) => {
        const filtered = model.columns.some((column) => column.filter);
        return changedField(projection, type, filtered ? this.#where(model, typeNameOf(model)) : undefined);
      }),
    );
  }

  #objectType(projection: Projection): GraphQLObjectType {
    const { model } = projection;
    return new GraphQLObjectType<Document, ApiContext>({
      name: typeNameOf(model),
      description: model.description ?? null,
      fields: () => ({
        ...merged(model.columns.flatMap((column) => [this.#columnField(column), this.#relationField(column)])),
        ...this.#derivedFields(model),
        ...(model.record ? historyField(model.record, projection) : {}),
        ...(model.duplicates ? duplicatesField(model, model.duplicates, this.#type(model)) : {}),
      }),
    });
  }

  #columnField(column: ColumnSpec): Fields {
    const type = this.types.output(column.type);
    return {
      [column.name]: {
        type: column.optional ? type : required(type),
        description: column.description ?? null,
        ...asStored(column.type, column.name),
      },
    };
  }

  /** With a reference, the record that it refers to: `account` of `accountId`. */
  #relationField(column: ColumnSpec): Fields {
    const target = column.type.kind === 'id' && column.type.ref ? this.#byRecord.get(column.type.ref) : undefined;
    if (!target || !column.name.endsWith('Id')) return {};
    return {
      [column.name.slice(0, -2)]: {
        type: target.type,
        resolve: (document, _, context) => {
          const id = (document as Document)[column.name];
          return typeof id === 'string' ? context.load(target.model, id, momentOf(document)) : null;
        },
      },
    };
  }

  #derivedFields(model: ReadModelSpec): Fields {
    return Object.fromEntries(
      model.derived.map(({ name, type, description, of }) => [
        name,
        {
          type: this.types.output(type),
          description: description ?? null,
          resolve: (document) => (of as (document: object) => unknown)(document),
        },
      ]),
    ) as Fields;
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
        resolve: async (_, { id, ...moment }: MomentArguments & { id: string }, context) =>
          context.load(model, readText('id', id), await context.moment(model, moment)),
      };
    }
    const dimensions = model.columns.filter((column) => column.dimension);
    if (dimensions.length > 0) {
      fields[`${model.name}Summary`] = summaryField(model, this.types, {
        args: this.#selectionArguments(model, typeName),
        relations: merged(dimensions.map((column) => this.#relationField(column))),
        derived: this.#derivedFields(model),
      });
    }
    return fields;
  }

  #selectionArguments(model: ReadModelSpec, typeName: string): GraphQLFieldConfigArgumentMap {
    return {
      ...(model.columns.some((column) => column.filter) ? { where: { type: this.#where(model, typeName) } } : {}),
      ...(model.columns.some((column) => column.search)
        ? {
            search: {
              type: GraphQLString,
              description: `Words that all must begin a word of ${model.columns
                .filter((column) => column.search)
                .map((column) => column.name)
                .join(', ')}.`,
            },
          }
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
      resolve: async (_, args: ListArguments, context, info) => {
        const first = readFirst(args.first);
        const moment = await context.moment(model, args);
        const selection = toSelection(args, moment);
        const after = args.after ?? undefined;
        const cut = { orderBy: toOrder(args.orderBy), first, ...(after === undefined ? {} : { after }) };
        return connectionOf(context, info, model, selection, cut, moment);
      },
    };
  }
}

function historyField(record: string, projection: Projection): Fields {
  return {
    history: {
      type: new GraphQLNonNull(HistoryConnection),
      description: 'Every event of this record, oldest first.',
      args: historyArguments,
      resolve: (document, args: HistoryArguments, context, info) => {
        const stream = { type: record, id: String((document as Document)['id']) };
        return historyOf(context, info, stream, projection, args, momentOf(document).asOf);
      },
    },
  };
}
