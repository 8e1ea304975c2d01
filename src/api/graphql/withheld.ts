/** Values that an answer leaves out although the record has them, or had them: those that its viewer may not see, and those that were erased. */
import { GraphQLString, type GraphQLFieldConfigMap } from 'graphql';
import type { Kind } from '../../../contracts/fields/kind.js';
import { WITHHELD } from '../../kernel/list.js';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { ApiContext } from './context.js';
import { listOf } from './non-null.js';

/** Whether values of a field can be withheld: personal data and money. Such a field is nullable in the contract, even where every record has one. */
export function canBeWithheld({ kind, sealed }: { readonly kind: Kind; readonly sealed: boolean }): boolean {
  return sealed || kind.added === 'money' || kind.added === 'moneyByCurrency';
}

/** The field `withheld` of the records of a read model. */
export const withheldField = (model: ReadModelSpec): GraphQLFieldConfigMap<object, ApiContext> => ({
  withheld: {
    type: listOf(GraphQLString),
    description: 'The names of the fields that are null because you may not see them, or because their values were erased.',
    resolve: (document) => withheldFrom(model, document as Document),
  },
});

/** The names of the fields of a document that are withheld. Access rights will answer here as well. */
function withheldFrom({ columns }: ReadModelSpec, document: Document): readonly string[] {
  if (document[WITHHELD] === undefined) return [];
  return columns.filter(({ name, sealed }) => sealed && (document[name] ?? null) === null).map(({ name }) => name);
}
