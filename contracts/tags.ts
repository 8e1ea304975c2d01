/** Tags: users' labels of records. Tags that differ only in case or accents are the same. */
import type { z } from 'zod';
import { Field, List, Text } from './fields/index.js';
import { fold } from './fold.js';

const { kind } = List(Text(50), 50);

/** Up to 50 tags of at most 50 characters. Defaults to none. */
export const Tags = Field.ofSealed<readonly string[]>({
  ...kind,
  ...(kind.input ? { input: (kind.input as z.ZodType<readonly string[]>).transform(distinct) } : {}),
})
  .default([])
  .describe('All tags. Of tags that differ only in case or accents, the first is kept.');

function distinct(tags: readonly string[]): readonly string[] {
  const folded = tags.map(fold);
  return tags.filter((_, index) => folded.indexOf(folded[index] ?? '') === index);
}
