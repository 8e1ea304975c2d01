/**
 * How records refer to each other: each column declared with `filter` that holds ids of records leads to these, and from them back to the
 * documents that refer to them.
 */
import type { RecordTypeName } from '../../../contracts/record-types.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { capitalised } from './type-names.js';

/** A column that refers to the records of another read model. */
export interface Reference {
  readonly source: ReadModelSpec;
  readonly column: string;
  /** What the column refers to, by the name that the contract gives it: `account` of `accountId`. */
  readonly name: string;
  readonly target: ReadModelSpec;
  /** The field of the target's records that lists the documents that refer to them: `opportunities`. */
  readonly list: string;
}

export class Relations {
  readonly #references: readonly Reference[];

  constructor(models: readonly ReadModelSpec[]) {
    const records = new Map(models.flatMap((model) => (model.record ? [[model.record, model] as const] : [])));
    this.#references = models.flatMap((source) =>
      source.columns.flatMap(({ name: column, filter, kind: { refersTo } }): readonly Reference[] => {
        const target = refersTo && records.get(refersTo);
        if (!target || !filter || !column.endsWith('Id')) return [];
        const name = column.slice(0, -2);
        return [{ source, column, name, target, list: listName(source, name, refersTo) }];
      }),
    );
  }

  /** The columns of a read model by which its documents refer to records. */
  from(source: ReadModelSpec): readonly Reference[] {
    return this.#references.filter((reference) => reference.source === source);
  }

  /** The columns by which documents refer to the records of a read model. */
  to(target: ReadModelSpec): readonly Reference[] {
    return this.#references.filter((reference) => reference.target === target);
  }
}

/**
 * A column that is named after the record type gives the list its own name: `opportunities` by `accountId`. Any other gives it the column's
 * name besides: `opportunitiesAsReseller` by `resellerId`. So the name does not depend on the other columns that there are.
 */
function listName(source: ReadModelSpec, name: string, refersTo: RecordTypeName): string {
  return name === refersTo ? source.name : `${source.name}As${capitalised(name)}`;
}
