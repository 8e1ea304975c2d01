/** Tags: words that users put on records. Each counts once, however it is spelled. */
import { List, Text } from '../kernel/field-type.js';
import { fold } from '../kernel/fold.js';

export const Tags = List(Text(50), 50);

/** The tags without those that only repeat another in other letters; the first spelling stays. */
export function distinctTags(tags: readonly string[]): string[] {
  const folded = tags.map(fold);
  return tags.filter((_, index) => folded.indexOf(folded[index] ?? '') === index);
}

/** Input whose tags, where given, are distinct. */
export function withDistinctTags<Input extends { readonly tags?: readonly string[] }>(
  input: Input,
): { readonly [K in keyof Input]: Input[K] } {
  return input.tags ? { ...input, tags: distinctTags(input.tags) } : input;
}
