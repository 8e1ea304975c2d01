/** A mapping's YAML with the line of every value, so that each complaint says where to look, and all of them come at once. */
import { readFileSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { KnownError } from '../kernel/known-error.js';
import { messageOf } from '../kernel/message-of.js';

export interface MappingProblem {
  readonly line: number;
  readonly message: string;
}

/** A mapping that can't be used. Nothing was written. */
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

/** A value in the document and how people would name it: `records.0.steps.2.input.name`. */
export interface Spot {
  readonly node: Node;
  readonly line: number;
  readonly path: string;
}

export class MappingDocument {
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #problems: MappingProblem[] = [];

  /** @throws InvalidMapping when the file can't be read or is not YAML. */
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
          message: `not valid YAML: ${message}. An expression that has ": " or " #" in it goes into single quotes: '=…'`,
        })),
      );
    }
  }

  get root(): Spot {
    const node = this.#document.contents;
    if (!node) throw new InvalidMapping(this.file, [{ line: 1, message: 'the mapping is empty; docs/import.md shows what goes in' }]);
    return { node, line: 1, path: '' };
  }

  complain(at: Spot | number, message: string): void {
    this.#problems.push({ line: typeof at === 'number' ? at : at.line, message });
  }

  /** @throws InvalidMapping when there was something to complain about. */
  settle(): void {
    if (this.#problems.length === 0) return;
    throw new InvalidMapping(
      this.file,
      [...this.#problems].sort((a, b) => a.line - b.line),
    );
  }

  /** The entries of a mapping; `known` are the keys that it may have. Undefined, and a complaint, when it is none. */
  entries(spot: Spot, known?: readonly string[]): ReadonlyMap<string, Spot> | undefined {
    if (!isMap(spot.node)) {
      this.complain(spot, `${spot.path || 'the mapping'} must hold names with values, one \`name: value\` a line`);
      return undefined;
    }
    const found = new Map<string, Spot>();
    for (const { key, value } of spot.node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const at = this.#spot((value ?? key) as Node, spot.path === '' ? name : `${spot.path}.${name}`);
      const named = { ...at, line: this.#line(key as Node) };
      if (known && !known.includes(name)) {
        this.complain(named, `${spot.path ? `${spot.path} has` : 'a mapping has'} no "${name}"; it may have ${known.join(', ')}`);
      } else if (value !== null) found.set(name, at);
    }
    return found;
  }

  /** The items of a list. Undefined, and a complaint, when it is none. */
  items(spot: Spot): readonly Spot[] | undefined {
    if (!isSeq(spot.node)) {
      this.complain(spot, `${spot.path} must be a list, one \`- item\` a line`);
      return undefined;
    }
    return spot.node.items.map((item, index) => this.#spot(item as Node, `${spot.path}.${index}`));
  }

  /** A single value: text, number, true, false or null. Undefined when it is a list or has entries of its own. */
  scalar(spot: Spot): { readonly value: unknown } | undefined {
    return isScalar(spot.node) ? { value: spot.node.value } : undefined;
  }

  /** A text. Undefined, and a complaint, when it is something else. */
  text(spot: Spot | undefined): string | undefined {
    if (!spot) return undefined;
    const value = this.scalar(spot)?.value;
    if (typeof value === 'string' && value !== '') return value;
    this.complain(spot, `${spot.path} must be a text`);
    return undefined;
  }

  isMap(spot: Spot): boolean {
    return isMap(spot.node);
  }

  isList(spot: Spot): boolean {
    return isSeq(spot.node);
  }

  #spot(node: Node, path: string): Spot {
    const line = this.#line(node);
    return { node: isAlias(node) ? (node.resolve(this.#document) ?? node) : node, line, path };
  }

  #line(node: Node): number {
    return this.#lines.linePos(node.range?.[0] ?? 0).line;
  }
}
