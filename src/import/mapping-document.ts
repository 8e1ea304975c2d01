/** The YAML of a mapping with the line of every value. Problems are collected, so that all of them are reported at once with their lines. */
import { readFileSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { KnownError } from '../kernel/known-error.js';
import { messageOf } from '../kernel/message-of.js';

export interface MappingProblem {
  readonly line: number;
  readonly message: string;
}

/** A mapping is invalid. Nothing was written. */
export class InvalidMapping extends KnownError {
  override readonly name = 'InvalidMapping';
  readonly code = 'INVALID_MAPPING';

  constructor(
    readonly file: string,
    readonly problems: readonly MappingProblem[],
  ) {
    super(problems.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n'));
  }
}

/** A value in the document with its path, such as `records.0.steps.2.input.name`. */
export interface Entry {
  readonly node: Node;
  readonly line: number;
  readonly path: string;
}

export class MappingDocument {
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #problems: MappingProblem[] = [];

  /** @throws InvalidMapping when the file can't be read or is not YAML */
  constructor(readonly file: string) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      throw new InvalidMapping(file, [{ line: 1, message: `the mapping can't be read: ${messageOf(cause)}` }]);
    }
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    if (this.#document.errors.length > 0) {
      throw new InvalidMapping(
        file,
        this.#document.errors.map(({ pos, message }) => ({
          line: this.#lines.linePos(pos[0]).line,
          message: `not valid YAML: ${message}. Put an expression that contains ": " or " #" into single quotes: '=…'`,
        })),
      );
    }
  }

  get root(): Entry {
    const node = this.#document.contents;
    if (!node) throw new InvalidMapping(this.file, [{ line: 1, message: 'the mapping is empty; docs/import.md shows an example' }]);
    return { node, line: 1, path: '' };
  }

  report(at: Entry | number, message: string): void {
    this.#problems.push({ line: typeof at === 'number' ? at : at.line, message });
  }

  /** @throws InvalidMapping with all reported problems, if there are any */
  throwProblems(): void {
    if (this.#problems.length === 0) return;
    throw new InvalidMapping(
      this.file,
      [...this.#problems].sort((a, b) => a.line - b.line),
    );
  }

  /** The entries of an object. Reports a problem and returns undefined for anything else. @param known the allowed keys */
  entries(entry: Entry, known?: readonly string[]): ReadonlyMap<string, Entry> | undefined {
    if (!isMap(entry.node)) {
      this.report(entry, `${entry.path || 'the mapping'} must be an object, one \`name: value\` per line`);
      return undefined;
    }
    const found = new Map<string, Entry>();
    for (const { key, value } of entry.node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const at = this.#entry((value ?? key) as Node, entry.path === '' ? name : `${entry.path}.${name}`);
      const named = { ...at, line: this.#line(key as Node) };
      if (known && !known.includes(name)) {
        this.report(named, `${entry.path ? `${entry.path} has` : 'a mapping has'} no "${name}"; allowed are ${known.join(', ')}`);
      } else if (value !== null) found.set(name, at);
    }
    return found;
  }

  /** The items of a list. Reports a problem and returns undefined for anything else. */
  items(entry: Entry): readonly Entry[] | undefined {
    if (!isSeq(entry.node)) {
      this.report(entry, `${entry.path} must be a list, one \`- item\` per line`);
      return undefined;
    }
    return entry.node.items.map((item, index) => this.#entry(item as Node, `${entry.path}.${index}`));
  }

  /** A text, number, true, false or null; undefined for a list or an object. */
  scalar(entry: Entry): { readonly value: unknown } | undefined {
    return isScalar(entry.node) ? { value: entry.node.value } : undefined;
  }

  /** A text that isn't empty. Reports a problem and returns undefined for anything else. */
  text(entry: Entry | undefined): string | undefined {
    if (!entry) return undefined;
    const value = this.scalar(entry)?.value;
    if (typeof value === 'string' && value !== '') return value;
    this.report(entry, `${entry.path} must be a text`);
    return undefined;
  }

  isMap(entry: Entry): boolean {
    return isMap(entry.node);
  }

  isList(entry: Entry): boolean {
    return isSeq(entry.node);
  }

  #entry(node: Node, path: string): Entry {
    const line = this.#line(node);
    return { node: isAlias(node) ? (node.resolve(this.#document) ?? node) : node, line, path };
  }

  #line(node: Node): number {
    return this.#lines.linePos(node.range?.[0] ?? 0).line;
  }
}
