/** A page of a read model's documents. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { ListQuery, Selection } from '../../views/port/query.js';
import { connectionOf, type Connection } from './connection.js';
import { at, type ApiContext, type Moment } from './context.js';
import { readPage, type MoneyOrder } from './order.js';

/** What of a list query is not its selection. */
export interface Cut extends Omit<ListQuery, keyof Selection | 'orderBy'> {
  readonly orderBy: readonly MoneyOrder[];
}

/**
 * Asks a read model for a page of its documents.
 * @param info of the field that it answers
 * @throws GraphQLError ANSWER_TOO_LARGE, and what the view port throws
 */
export async function documentsPage(
  context: ApiContext,
  info: GraphQLResolveInfo,
  model: ReadModelSpec,
  selection: Selection,
  cut: Cut,
  moment: Moment,
): Promise<Connection<Document>> {
  const { rows, hasNext } = await context.budget.ask(async () => {
    const page = await readPage(context.services.views, context.build(model), { ...selection, ...cut });
    context.budget.found(page.rows.length, info, model.columns.length);
    return page;
  });
  return connectionOf(
    rows.map(({ cursor, document }) => ({ cursor, node: at(document, moment) })),
    { hasNextPage: hasNext, hasPreviousPage: cut.after !== undefined },
    () => context.budget.ask(() => context.services.views.count(context.build(model), selection)),
  );
}
