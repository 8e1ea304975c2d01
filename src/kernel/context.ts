/** A context of the business: the record types, commands, read models and process managers that belong together. */
import type { AnyCommandDefinition } from './command.js';
import type { Policy } from './policy.js';
import type { Projection } from './projection.js';
import type { AnyRecordType } from './record.js';
import type { Codes } from './rejection.js';

export interface Context {
  /** Its name in the setting `modules`. */
  readonly name: string;
  /** It is used whatever the setting `modules`. */
  readonly always?: true;
  readonly records: readonly AnyRecordType[];
  /** Record types that are not part of the published contract. */
  readonly internal?: readonly AnyRecordType[];
  readonly commands: readonly AnyCommandDefinition[];
  /** All versions of its read models. */
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
  /** The codes of its rejections, with their meanings for the published contract. */
  readonly codes: Codes;
}
