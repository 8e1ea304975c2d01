/** The context of workloads on a server. */
import type { Book } from '../book.js';
import type { Setting } from '../setting.js';
import type { BareClient } from './bare.js';

export interface Bench {
  readonly setting: Setting;
  readonly book: Book;
  /** The server's connection string. */
  readonly url: string;
  readonly bare: BareClient;
  readonly wanted: (...keys: readonly string[]) => boolean;
}
