/** A read model in the contract: its object type, and the root fields that answer one, a list, and summaries of it. */
import { GraphQLID, GraphQLNonNull, GraphQLObjectType } from 'graphql';
import type { Document, Projection } from '../../kernel/projection.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import { changedField } from './changes.js';
import { actorField } from './actor.js';
import { connectionType, pageArguments, type PageArguments } from './connection.js';
import { momentOf, type ApiContext, type MomentArguments } from './context.js';
import { momentArguments } from './moment-arguments.js';
import { documentsPage } from './documents-page.js';
import { duplicatesField } from './duplicates.js';
import { readFirst, readText } from './errors.js';
import { Filters } from './filters.js';
import { historyOf } from './history.js';
import { listArguments, selectionArguments } from './list-arguments.js';
import { toOrder } from './order.js';
import { foundSelection } from './related-filters.js';
import { relatedPage, type RelatedListArguments } from './related-lists.js';
import { Relations } from './relations.js';
import { summaryField } from './summary.js';
import { checkFieldNames, typeNameOf } from './type-names.js';
import { describe, merged, required, showing, type Fields, type TypeRegistry } from './types.js';
import { canBeWithheld, withheldField } from './withheld.js';

interface ListArguments extends MomentArguments, RelatedListArguments {}

/** What other read models' types need of this one. */
export interface Published {
  readonly model: ReadModelSpec;
  readonly type: GraphQLObjectType;
  readonly connection: GraphQLObjectType;
  readonly projection: Projection;
}

/** Makes the contract of read models. Types refer to each other, so all are made before any is used. */
export class ReadModelFields {
  readonly #published = new Map<string, Published>();
  readonly #byRecord = new Map<string, Published>();
  readonly #relations: Relations;
  readonly #filters: Filters;

  /** @throws TypeError, as the schema is built, when two fields of a type would have the same name */
  constructor(
    private readonly types: TypeRegistry,
    projections: readonly Projection[],
    /** The connection that a record's history is a page of. */
    private readonly history: GraphQLObjectType,
  ) {
    this.#relations = new Relations(projections.map(({ model }) => model));
    this.#filters = new Filters(types, this.#relations);
    for (const projection of projections) {
      const { model } = projection;
      const type = this.#objectType(projection);
      const published = { model, type, connection: connectionType(typeNameOf(model), type), projection };
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
      [...this.#published.values()].map(({ model, type, projection }) => changedField(projection, type, this.#filters.conditions(model))),
    );
  }

  #objectType(projection: Projection): GraphQLObjectType {
    const { model } = projection;
    checkFieldNames(model.name, [model, ...model.columns, ...model.computed].map(({ name }) => name).concat(model.one ?? []));
    return new GraphQLObjectType<Document, ApiContext>({
      name: typeNameOf(model),
      description: model.description,
      fields: () =>
        this.#withRelatedLists(model, {
          ...merged(model.columns.flatMap((column) => [this.#columnField(column), this.#relationField(column)])),
          ...this.#computedFields(model),
          ...(model.record ? { ...withheldField(model), ...historyField(this.history, model.record, projection) } : {}),
          ...(model.duplicates.length > 0 ? duplicatesField(model, model.duplicates, this.#of(model).type) : {}),
        }),
    });
  }

  #columnField(column: ColumnSpec): Fields {
    const type = this.types.output(column.kind);
    return {
      [column.name]: {
        type: column.optional || canBeWithheld(column) ? type : required(type),
        description: describe(column),
        ...showing(column.kind, column.name),
      },
    };
  }

  /** The record that a reference is of, `account` of `accountId`; of a user's id, the actor, `owner` of `ownerId`. */
  #relationField({ name, kind, optional }: ColumnSpec): Fields {
    if (!name.endsWith('Id')) return {};
    if (kind.isUser) return actorField(name, (document: Document) => document[name], !optional);
    const target = kind.refersTo && this.#byRecord.get(kind.refersTo);
    if (!target) return {};
    return {
      [name.slice(0, -2)]: {
        type: target.type,
        description: `The ${kind.refersTo} with the id in ${name}; null where there is none.`,
        resolve: (document, _, context) => {
          const id = (document as Document)[name];
          return typeof id === 'string' ? context.load(target.model, id, momentOf(document)) : null;
        },
      },
    };
  }

  /** @throws TypeError when a list would have the name of another field */
  #withRelatedLists(model: ReadModelSpec, fields: Fields): Fields {
    const all = { ...fields };
    const typeName = typeNameOf(model);
    for (const reference of this.#relations.to(model)) {
      const { source, column, list } = reference;
      if (list in all) {
        throw new TypeError(
          `${source.name}.${column} gives ${typeName} a list named ${list}, but ${typeName} has a field of that name. Rename one of them.`,
        );
      }
      all[list] = {
        type: this.#of(source).connection,
        description: `The ${source.name} whose ${column} is the id of this record, as of the same moment.`,
        args: listArguments(this.#filters, source),
        resolve: (record, args: RelatedListArguments, context, info) =>
          relatedPage(context, info, this.#relations, reference, record as Document, args),
      };
    }
    return all;
  }

  #computedFields(model: ReadModelSpec): Fields {
    return Object.fromEntries(
      model.computed.map(({ name, field, of }) => [
        name,
        {
          type: this.types.output(field.kind),
          description: describe(field),
          resolve: (document: object) => (of as (document: object) => unknown)(document),
        },
      ]),
    ) as Fields;
  }

  #of(model: ReadModelSpec): Published {
    const published = this.#published.get(model.name);
    if (!published) throw new TypeError(`${model.name} is not published.`);
    return published;
  }

  #rootFields({ model, type, connection }: Published): Fields {
    const fields: Fields = { [model.name]: this.#listField(model, connection) };
    if (model.one) {
      fields[model.one] = {
        type,
        description: `One ${typeNameOf(model)}; null when there is none with this id.`,
        args: { id: { type: new GraphQLNonNull(GraphQLID), description: 'The id of the record.' }, ...momentArguments },
        resolve: async (_, { id, ...moment }: MomentArguments & { id: string }, context) =>
          context.load(model, readText('id', id), await context.moment(model, moment)),
      };
    }
    const dimensions = model.columns.filter((column) => column.dimension);
    if (dimensions.length > 0) {
      fields[`${model.name}Summary`] = summaryField(model, this.types, {
        args: { ...selectionArguments(this.#filters, model), ...momentArguments },
        // What is not grouped by is null, also of columns that every document has.
        relations: merged(dimensions.map((column) => this.#relationField({ ...column, optional: true }))),
        derived: this.#computedFields(model),
        select: (context, given, moment) => foundSelection(context, this.#relations, model, given, moment),
      });
    }
    return fields;
  }

  #listField(model: ReadModelSpec, connection: GraphQLObjectType): Fields[string] {
    return {
      type: connection,
      description: `A page of the list of ${model.name}.`,
      args: { ...listArguments(this.#filters, model), ...momentArguments },
      resolve: async (_, args: ListArguments, context, info) => {
        const first = readFirst(args.first);
        const moment = await context.moment(model, args);
        const selection = await foundSelection(context, this.#relations, model, args, moment);
        const after = args.after ?? undefined;
        const cut = { orderBy: toOrder(model, args.orderBy), first, ...(after === undefined ? {} : { after }) };
        return documentsPage(context, info, model, selection, cut, moment);
      },
    };
  }
}

function historyField(type: GraphQLObjectType, record: string, projection: Projection): Fields {
  return {
    history: {
      type,
      description: 'Every event of this record, oldest first.',
      args: pageArguments,
      resolve: (document, args: PageArguments, context, info) => {
        const stream = { type: record, id: String((document as Document)['id']) };
        return historyOf(context, info, stream, projection, args, momentOf(document).asOf);
      },
    },
  };
}
