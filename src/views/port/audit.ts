/** Audit: everything that queries are answered from, for comparison with a fresh build. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Served } from './builds.js';

/** A document with every version that the store keeps, oldest first. */
export interface DocumentHistory {
  /** Data without a key has a name that begins with `@`. */
  readonly key: string;
  readonly versions: readonly { readonly since: Position; readonly until: Position | null; readonly document: Document }[];
  /** Indexes or columns that don't match the document. */
  readonly damage?: string;
}

export interface Audit {
  /**
   * All documents with all kept versions, removed documents where versions are kept, and data without a document; ordered by key. Read in
   * pages while writers continue: what is superseded meanwhile is reported in its old or its new state.
   * @param pageSize keys per page; defaults to 500
   */
  scan(build: Served, pageSize?: number): AsyncIterable<DocumentHistory>;
  /** The same for these keys, in the order of the keys; without versions where there is nothing. Data without a document is not included. */
  histories(build: Served, keys: readonly string[]): Promise<readonly DocumentHistory[]>;
}

/** Keys per page of a scan by default. */
export const SCAN_PAGE = 500;

/** The order of keys in every engine: by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
