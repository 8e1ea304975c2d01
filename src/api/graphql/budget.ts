/** How much one answer may hold. What a document costs is known only when it is answered: sizes come in variables, and lists differ in length. */
import { GraphQLError, Kind, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';
import limitTo from 'p-limit';

/**
 * The most values that an answer holds. A document counts with each field that is asked of it, and with its columns at least, since it is
 * read whole: so many take some hundred megabytes of memory while they are answered.
 */
const MOST_VALUES = 500_000;

/** The code of an answer that would hold more. */
export const ANSWER_TOO_LARGE = 'ANSWER_TOO_LARGE';

/** What a question to the read models counts for, whatever it finds. */
const QUESTION = 20;

/** Questions of one answer that are under way at once. What they find is counted when they are answered, and none is asked once too much was found. */
const AT_ONCE = 4;

/** What is left of one answer's values. */
export class Budget {
  private left = MOST_VALUES;
  private readonly turns = limitTo(AT_ONCE);

  /**
   * Asks the read models or the log, in turn with what else the same answer asks.
   * @param question may say by `found` what it found
   * @throws GraphQLError ANSWER_TOO_LARGE, and what the question throws
   */
  ask<T>(question: () => Promise<T>): Promise<T> {
    return this.turns(() => {
      this.spend(QUESTION);
      return question();
    });
  }

  /**
   * For what was found.
   * @param info of the field whose answer it is
   * @param columns how many values each has at least
   * @throws GraphQLError ANSWER_TOO_LARGE
   */
  found(count: number, info: GraphQLResolveInfo, columns = 0): void {
    this.spend(count * Math.max(columns, fieldsAsked(info)));
  }

  /** @throws GraphQLError ANSWER_TOO_LARGE, now and from then on, so that what goes on beside ends too */
  spend(values: number): void {
    this.left -= values;
    if (this.left >= 0) return;
    throw new GraphQLError(
      `The answer would hold more than ${MOST_VALUES} values. Ask for fewer documents (first), or for fewer fields of each.`,
      { extensions: { code: ANSWER_TOO_LARGE } },
    );
  }
}

/** Fields below a field, at all depths: those of lists inside it once. */
function fieldsAsked(info: GraphQLResolveInfo): number {
  return info.fieldNodes.reduce((sum, { selectionSet }) => sum + fieldsBelow(selectionSet, info), 0);
}

/** Selections are counted once: fragments that name others twice, which name others twice, would take for ever. */
const counted = new WeakMap<SelectionSetNode, number>();

function fieldsBelow(set: SelectionSetNode | undefined, info: GraphQLResolveInfo): number {
  if (!set) return 0;
  const known = counted.get(set);
  if (known !== undefined) return known;
  const fields = set.selections.reduce((sum, selection) => {
    switch (selection.kind) {
      case Kind.FIELD:
        return sum + 1 + fieldsBelow(selection.selectionSet, info);
      case Kind.FRAGMENT_SPREAD:
        return sum + fieldsBelow(info.fragments[selection.name.value]?.selectionSet, info);
      case Kind.INLINE_FRAGMENT:
        return sum + fieldsBelow(selection.selectionSet, info);
    }
  }, 0);
  counted.set(set, fields);
  return fields;
}
