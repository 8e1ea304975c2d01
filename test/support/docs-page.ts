/** Code blocks of a page of the docs, which tests run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CodeBlock {
  readonly language: string;
  /** What follows the language: in the docs, the path of the file that the block is. */
  readonly file: string | undefined;
  readonly code: string;
}

/** @param path of the page, such as `docs/import.md` */
export function codeBlocks(path: string): readonly CodeBlock[] {
  const page = readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language = '', file, code = '']) => ({
    language,
    file,
    code,
  }));
}

/** @throws Error when the lines that the diff expects are not in the text */
export function patched(text: string, diff: string): string {
  const lines = diff.split('\n').slice(0, -1);
  const without = (mark: string): string =>
    lines
      .filter((line) => !line.startsWith(mark))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  const before = without('+');
  if (!text.includes(before)) throw new Error(`The text does not contain\n${before}`);
  return text.replace(before, () => without('-'));
}
