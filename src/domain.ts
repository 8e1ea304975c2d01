/** The domain: the record types, commands, read models and process managers of all contexts. */
import { definitionsOf, type Definitions } from '../contracts/definitions.js';
import { contexts as own } from './contexts/index.js';
import { checkContexts } from './kernel/check-contexts.js';
import type { AnyCommandDefinition, Verb } from './kernel/command.js';
import type { Context } from './kernel/context.js';
import type { Policy } from './kernel/policy.js';
import type { Projection } from './kernel/projection.js';
import type { AnyRecordType } from './kernel/record.js';
import type { Codes } from './kernel/rejection.js';

export interface Domain {
  /** The record types of all contexts, used or not: the log may contain events of any. */
  readonly records: readonly AnyRecordType[];
  readonly definitions: Definitions;
  /** The types of events after which sealed fields are withheld. */
  readonly erasing: readonly string[];
  /** The commands of the used contexts, like everything below. */
  readonly commands: readonly AnyCommandDefinition[];
  /** The commands that users and imports can issue: the mutations. */
  readonly offered: readonly AnyCommandDefinition[];
  /** The commands that erase the texts of a record, one per record type. */
  readonly textErasures: readonly AnyCommandDefinition[];
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
  /** The rejection codes with their meanings. */
  readonly codes: Codes;
  /** The record types that are part of the published contract. */
  readonly published: readonly AnyRecordType[];
}

const NOT_OFFERED: readonly Verb[] = ['system', 'eraseText'];

/**
 * @param modules the names of the contexts to use. Defaults to all.
 * @throws InvalidDeclaration when the contexts are inconsistent
 */
export function domainOf(contexts: readonly Context[] = own, modules: readonly string[] = contexts.map(({ name }) => name)): Domain {
  const used = checkContexts(contexts, modules);
  const records = contexts.flatMap((context) => context.records);
  const commands = used.flatMap((context) => context.commands);
  const published = used.flatMap(({ records: all, internal = [] }) => all.filter((record) => !internal.includes(record)));
  return {
    records,
    definitions: definitionsOf(records.flatMap(({ events }) => events)),
    erasing: records.flatMap(({ events }) => events.flatMap(({ type, withholds }) => (withholds ? [type] : []))),
    commands,
    offered: commands.filter(({ verb, record }) => !NOT_OFFERED.includes(verb) && published.includes(record)),
    textErasures: commands.filter(({ verb }) => verb === 'eraseText'),
    projections: used.flatMap((context) => context.projections),
    policies: used.flatMap((context) => context.policies),
    codes: Object.assign({}, ...used.map((context) => context.codes)) as Codes,
    published,
  };
}

/** The domain of the contexts in the setting `modules`. @throws InvalidDeclaration */
export function configuredDomain({ modules }: { readonly modules: string }): Domain {
  return modules === 'all' ? domain : domainOf(own, modules.split(','));
}

/** The domain of all contexts of this program. */
export const domain = domainOf();
