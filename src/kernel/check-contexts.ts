/** Checks what types can't: that the declarations of all contexts are consistent. */
import type { AnyField } from '../../contracts/fields/index.js';
import type { AnyCommandDefinition } from './command.js';
import type { Context } from './context.js';
import { KnownError } from './known-error.js';

/** Inconsistent declarations. The program does not start. */
export class InvalidDeclaration extends KnownError {
  override readonly name = 'InvalidDeclaration';
  readonly code = 'INVALID_DECLARATION';
}

/** One declaration, and the context that makes it. */
interface Declared {
  readonly what: string;
  readonly name: string;
  readonly context: string;
}

/**
 * @param modules the names of the contexts to use
 * @returns those contexts
 * @throws InvalidDeclaration with every problem found, each with its name and its context
 */
export function checkContexts(contexts: readonly Context[], modules: readonly string[]): readonly Context[] {
  const unknown = modules.filter((name) => !contexts.some((context) => context.name === name));
  const used = contexts.filter(({ name, always }) => always || modules.includes(name));
  const problems = [
    ...unknown.map(
      (name) => `modules: there is no context ${name}; the contexts are ${contexts.map((context) => context.name).join(', ')}`,
    ),
    ...repeated(contexts.flatMap(declarationsOf)),
    ...used.flatMap((context) => missing(context, contexts, used)),
    ...unlisted(contexts),
  ];
  if (problems.length > 0) throw new InvalidDeclaration(`The declarations of the contexts can't be used: ${problems.join('; ')}.`);
  return used;
}

function declarationsOf({ name: context, records, commands, projections, policies, codes }: Context): readonly Declared[] {
  const declared =
    (what: string) =>
    (name: string): Declared => ({ what, name, context });
  return [
    ...[context].map(declared('context')),
    ...records.map(({ type }) => type).map(declared('record type')),
    ...records.flatMap((record) =>
      record.events.map(({ type: name }) => ({ what: 'event', name, context: `${record.type} of ${context}` })),
    ),
    ...commands.map(({ name }) => name).map(declared('command')),
    ...projections.map(({ model }) => `${model.name}@${model.version}`).map(declared('read model')),
    ...policies.map(({ name }) => name).map(declared('policy')),
    ...Object.keys(codes).map(declared('code')),
  ];
}

function repeated(all: readonly Declared[]): readonly string[] {
  const first = new Map<string, Declared>();
  return all.flatMap((declared) => {
    const key = `${declared.what} ${declared.name}`;
    const before = first.get(key);
    if (!before) first.set(key, declared);
    return before ? [`the ${key} is declared twice, in ${before.context} and in ${declared.context}`] : [];
  });
}

/** What was declared of record types and is in no manifest: it would not be offered, and nothing else would tell. */
function unlisted(contexts: readonly Context[]): readonly string[] {
  const listed = new Set(contexts.flatMap(({ commands }) => commands.map(({ name }) => name)));
  const records = new Set(contexts.flatMap((context) => context.records));
  const commands = contexts.flatMap(({ name, records: own }) =>
    own.flatMap(({ type, commandNames }) =>
      commandNames
        .filter((command) => !listed.has(command))
        .map((command) => `${name}: the command ${command} of ${type} is in no manifest`),
    ),
  );
  const strays = contexts.flatMap(({ name, commands: own }) =>
    own
      .filter(({ record }) => !records.has(record))
      .map((command) => `${name}: ${command.record.type}, the record type of ${command.name}, is in no manifest`),
  );
  return [...commands, ...strays];
}

/** What a context needs from contexts that are not used or do not exist. */
function missing(context: Context, contexts: readonly Context[], used: readonly Context[]): readonly string[] {
  const { name, commands, projections, policies } = context;
  const types = new Set<string>(used.flatMap(({ records }) => records.map(({ type }) => type)));
  const events = new Set<string>(contexts.flatMap(({ records }) => records.flatMap((record) => record.events.map(({ type }) => type))));
  const found = new Set(used.flatMap((one) => one.projections.map(({ model }) => model.name)));
  const needs = (what: string, type: string): readonly string[] => {
    if (types.has(type)) return [];
    const home = contexts.find(({ records }) => records.some((record) => record.type === type));
    return [
      `${name}: ${what} refers to ${type}, ${home ? `a record type of ${home.name}, which modules leaves out` : 'which is no record type'}`,
    ];
  };
  return [
    ...commands.flatMap((command) =>
      referencesOf(command).flatMap(([path, type]) => needs(`${path} of the command ${command.name}`, type)),
    ),
    ...commands.flatMap((command) => command.looksAt.flatMap(({ type }) => needs(`looksAt of the command ${command.name}`, type))),
    ...projections.flatMap(({ model }) =>
      model.columns.flatMap((column) =>
        column.kind.refersTo ? needs(`the column ${column.name} of ${model.name}`, column.kind.refersTo) : [],
      ),
    ),
    ...[
      ...projections.map(({ model, types: named }) => [model.name, named] as const),
      ...policies.map((policy) => [policy.name, policy.types] as const),
    ].flatMap(([user, named]) =>
      named.filter((type) => !events.has(type)).map((type) => `${name}: ${user} handles ${type}, which is no event type`),
    ),
    ...policies.flatMap((policy) =>
      policy.finds.filter((model) => !found.has(model)).map((model) => unfound(name, policy.name, model, contexts)),
    ),
  ];
}

/** A policy would wait for ever for a read model that is not built. */
function unfound(name: string, policy: string, model: string, contexts: readonly Context[]): string {
  const home = contexts.find(({ projections }) => projections.some((projection) => projection.model.name === model));
  return `${name}: ${policy} finds ${model}, ${home ? `a read model of ${home.name}, which modules leaves out` : 'which is no read model of a context'}`;
}

/** The fields of a command that hold record ids, with their record types. */
function referencesOf({ fields }: AnyCommandDefinition): readonly (readonly [path: string, type: string])[] {
  const walk = (path: string, { kind }: AnyField): readonly (readonly [string, string])[] => [
    ...(kind.refersTo ? [[path, kind.refersTo] as const] : []),
    ...(kind.entry ? walk(path, kind.entry) : []),
    ...Object.entries(kind.fields ?? {}).flatMap(([name, field]) => walk(`${path}.${name}`, field)),
  ];
  return Object.entries(fields).flatMap(([name, field]) => walk(name, field));
}
