/** Lists from the other side of a reference: `account.opportunities` of `opportunity.accountId`. */
import type { GraphQLResolveInfo, ResponsePath } from 'graphql';
import type { Document } from '../../kernel/projection.js';
import type { ListQuery, Selection, Where } from '../../views/port/query.js';
import { connectionOf, type Connection, type PageArguments } from './connection.js';
import { at, momentOf, type ApiContext, type Moment } from './context.js';
import { documentsPage, type Cut } from './documents-page.js';
import { readFirst } from './errors.js';
import { readPage, toOrder, type OrderInput, type Row } from './order.js';
import { foundSelection } from './related-filters.js';
import type { Reference, Relations } from './relations.js';
import type { SelectionArguments } from './selection.js';

export interface RelatedListArguments extends SelectionArguments, PageArguments {
  readonly orderBy?: readonly OrderInput[] | null;
}

/** The most documents that are read for several records at once. Beyond it, each record whose page is not full by then is asked for by itself. */
const MOST_DOCUMENTS = 1_000;

/** The list of the documents that refer to a record, as of the moment that the record was read at. */
export async function relatedPage(
  context: ApiContext,
  info: GraphQLResolveInfo,
  relations: Relations,
  reference: Reference,
  record: Document,
  args: RelatedListArguments,
): Promise<Connection<Document>> {
  const moment = momentOf(record);
  const list = JSON.stringify([fieldPath(info.path), reference.source.name, reference.column, args, moment]);
  return context.page(list, String(record['id']), async (records) => {
    const { source } = reference;
    const first = readFirst(args.first);
    await context.reached(source, moment);
    const selection = await foundSelection(context, relations, source, args, moment);
    const after = args.after ?? undefined;
    return new RelatedPages(context, info, reference, moment, selection, {
      orderBy: toOrder(source, args.orderBy),
      first,
      ...(after === undefined ? {} : { after }),
    }).of(records);
  });
}

/** The names of the fields down to one, without the places in lists. */
function fieldPath(path: ResponsePath | undefined): string {
  if (!path) return '';
  return typeof path.key === 'number' ? fieldPath(path.prev) : `${fieldPath(path.prev)}.${path.key}`;
}

class RelatedPages {
  constructor(
    private readonly context: ApiContext,
    private readonly info: GraphQLResolveInfo,
    private readonly reference: Reference,
    private readonly moment: Moment,
    private readonly selection: Selection,
    private readonly cut: Cut,
  ) {}

  /** The pages of several records: those of them that one question answers, the others each by a question of its own. */
  async of(records: readonly string[]): Promise<readonly Connection<Document>[]> {
    if (records.length === 1) return Promise.all(records.map((record) => this.#alone(record)));
    const { rows, hasNext } = await this.#together(records);
    const found = new Map(records.map((record): [string, Row[]] => [record, []]));
    for (const row of rows) found.get(String(row.document[this.reference.column]))?.push(row);
    return Promise.all(
      [...found].map(async ([record, own]) =>
        hasNext && own.length <= this.cut.first ? this.#alone(record) : this.#page(record, own, !hasNext),
      ),
    );
  }

  /** The documents of all these records in the order of the list: enough to fill every page, if no record has more than its share. */
  #together(records: readonly string[]): Promise<{ readonly rows: readonly Row[]; readonly hasNext: boolean }> {
    const { budget, services } = this.context;
    const { source, column } = this.reference;
    const query: Omit<ListQuery, 'orderBy'> & Cut = {
      ...this.#within({ kind: 'in', column, values: records }),
      ...this.cut,
      first: Math.min(records.length * (this.cut.first + 1), MOST_DOCUMENTS),
    };
    return budget.ask(async () => {
      const page = await readPage(services.views, this.context.build(source), query);
      budget.found(page.rows.length, this.info, source.columns.length);
      return page;
    });
  }

  #alone(record: string): Promise<Connection<Document>> {
    return documentsPage(this.context, this.info, this.reference.source, this.#selectionOf(record), this.cut, this.moment);
  }

  /** @param whole whether the rows go on to the end of the record's list */
  #page(record: string, rows: readonly Row[], whole: boolean): Connection<Document> {
    const { first, after } = this.cut;
    const edges = rows.slice(0, first).map(({ cursor, document }) => ({ cursor, node: at(document, this.moment) }));
    const around = { hasNextPage: rows.length > first, hasPreviousPage: after !== undefined };
    return connectionOf(edges, around, whole && after === undefined ? rows.length : () => this.#count(record));
  }

  #count(record: string): Promise<number> {
    const { budget, services } = this.context;
    return budget.ask(() => services.views.count(this.context.build(this.reference.source), this.#selectionOf(record)));
  }

  #selectionOf(record: string): Selection {
    return this.#within({ kind: 'is', column: this.reference.column, op: 'eq', value: record });
  }

  #within(condition: Where): Selection {
    const { where } = this.selection;
    return { ...this.selection, where: where ? { kind: 'and', of: [condition, where] } : condition };
  }
}
