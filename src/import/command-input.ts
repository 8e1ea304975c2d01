/** The input of a command in a mapping: constants, and expressions that begin with "=". Checked against the command's fields and validation. */
import type { AnyFields, ExpressionTypes, Kind } from '../../contracts/fields/kind.js';
import type { AnyCommandDefinition } from '../kernel/command.js';
import { InvalidInput } from '../kernel/input.js';
import { InvalidValue, type Compile, type Expression, type Values, type ValueType } from './expression.js';
import type { MappingDocument, Entry } from './mapping-document.js';

export type Template =
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly field: string; readonly clearable: boolean }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Template])[]; readonly money: boolean }
  | { readonly kind: 'list'; readonly items: readonly Template[] };

/** Fields that the import sets itself, and why a mapping can't. */
const setByImport: ReadonlyMap<string, string> = new Map([
  ['commandId', 'it is derived from the mapping, the row and the step'],
  ['occurredAt', "give it as the step's `at`"],
  ['expectedRevision', 'an import does not know the revision'],
]);

/** The expression in a text that begins with "="; undefined for any other value. */
export function expressionText(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith('=') ? value.slice(1).trim() : undefined;
}

/** Compiles an expression. Reports a problem and returns undefined if it is invalid. */
export function compileAt(document: MappingDocument, entry: Entry, text: string, compile: Compile): Expression | undefined {
  try {
    return compile(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    document.report(entry, error.message);
    return undefined;
  }
}

/** Reads the input of a step and reports its problems. @param entry undefined when the step has no input */
export function readInput(
  document: MappingDocument,
  step: Entry,
  entry: Entry | undefined,
  target: AnyCommandDefinition,
  compile: Compile,
): Template {
  const name = target.name;
  const fields = Object.fromEntries(Object.entries(target.fields).filter(([field]) => !setByImport.has(field)));
  const template = entry ? readObject({ document, compile, owner: name }, entry, fields, '') : undefined;
  if (!entry) reportMissing(document, step, name, fields, new Set());
  if (template && entry) checkConstants(document, entry, target, template);
  return template ?? { kind: 'object', entries: [], money: false };
}

interface Reading {
  readonly document: MappingDocument;
  readonly compile: Compile;
  readonly owner: string;
}

function readObject(reading: Reading, entry: Entry, fields: AnyFields, path: string): Template | undefined {
  const { document, owner } = reading;
  const entries = document.entries(entry);
  if (!entries) return undefined;
  const known = new Map(Object.entries(fields));
  const read: (readonly [string, Template])[] = [];
  for (const [name, value] of entries) {
    const field = known.get(name);
    const at = path === '' ? name : `${path}.${name}`;
    if (!field) {
      const why = path === '' ? setByImport.get(name) : undefined;
      document.report(
        value,
        why ? `${at} can't be set in the input: ${why}` : `${owner} has no field ${at}; it has ${[...known.keys()].join(', ')}`,
      );
      continue;
    }
    const template = readValue(reading, value, field.kind, at, field.absence === 'clearable');
    if (template) read.push([name, template]);
  }
  reportMissing(document, entry, path === '' ? owner : `${owner}, in ${path},`, fields, new Set(entries.keys()));
  return { kind: 'object', entries: read, money: false };
}

function reportMissing(document: MappingDocument, entry: Entry, owner: string, fields: AnyFields, given: ReadonlySet<string>): void {
  const missing = Object.entries(fields).flatMap(([name, { absence }]) => (absence === 'required' && !given.has(name) ? [name] : []));
  if (missing.length > 0) document.report(entry, `${owner} needs ${missing.join(', ')}`);
}

function readValue(reading: Reading, entry: Entry, kind: Kind, path: string, clearable: boolean): Template | undefined {
  const { document, compile } = reading;
  const text = expressionText(document.scalar(entry)?.value);
  if (text !== undefined) {
    const expression = compileAt(document, entry, text, compile);
    if (!expression) return undefined;
    const wanted = kind.expression ?? nothing;
    if (!fits(expression.type, wanted.types)) {
      document.report(entry, `${path} takes ${wanted.says}; the expression ${text} gives ${typeName(expression.type)}`);
      return undefined;
    }
    return { kind: 'expression', expression, field: path, clearable };
  }
  if (document.isMap(entry)) {
    if (!kind.fields) {
      document.report(entry, `${path} takes ${wordsFor(kind)}, not an object`);
      return undefined;
    }
    const template = readObject(reading, entry, kind.fields, path);
    return template?.kind === 'object' && kind.compared === 'money' ? { ...template, money: true } : template;
  }
  if (document.isList(entry)) {
    const of = kind.entry;
    if (!of) {
      document.report(entry, `${path} takes ${wordsFor(kind)}, not a list`);
      return undefined;
    }
    const items = (document.items(entry) ?? []).map((item, index) => readValue(reading, item, of.kind, `${path}.${index}`, false));
    return { kind: 'list', items: items.filter((item) => item !== undefined) };
  }
  return { kind: 'constant', value: document.scalar(entry)?.value };
}

/** Validates the constants with the command's own validation. */
function checkConstants(document: MappingDocument, entry: Entry, target: AnyCommandDefinition, template: Template): void {
  try {
    target.from(constantPart(template));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    for (const { field, message } of error.problems) {
      if (!message.endsWith(' is required')) document.report(lineOf(document, entry, field), `${target.name}: ${message}`);
    }
  }
}

/** The template without its expressions. A list that holds an expression is left out. */
function constantPart(template: Template): unknown {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'expression':
      return undefined;
    case 'list': {
      const items = template.items.map(constantPart);
      return items.includes(undefined) ? undefined : items;
    }
    case 'object':
      return Object.fromEntries(template.entries.map(([name, value]) => [name, constantPart(value)]));
  }
}

function lineOf(document: MappingDocument, entry: Entry, field: string): Entry {
  return field.split('.').reduce<Entry>((at, part) => {
    const next = document.isMap(at)
      ? document.entries(at)?.get(part)
      : document.isList(at)
        ? document.items(at)?.[Number(part)]
        : undefined;
    return next ?? at;
  }, entry);
}

/**
 * The input for one record, as plain values. Empty values are left out.
 * @throws InvalidValue with the name of the field
 */
export function fillInput(template: Template, values: Values): unknown {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'expression':
      try {
        return plain(template.expression.evaluate(values), template.clearable);
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error;
        throw new InvalidValue(`${template.field}: ${error.message}`, { cause: error });
      }
    case 'list':
      return template.items.map((item) => fillInput(item, values)).filter((item) => item !== undefined);
    case 'object': {
      const filled = template.entries
        .map(([name, value]) => [name, fillInput(value, values)] as const)
        .filter(([, value]) => value !== undefined);
      if (template.money && !filled.some(([name]) => name === 'amount')) return undefined;
      return Object.fromEntries(filled);
    }
  }
}

/** A CEL value as commands expect it: integers as numbers, times as text, empty texts as undefined. */
function plain(value: unknown, clearable: boolean): unknown {
  if (value === '' || value === undefined) return undefined;
  if (value === null) return clearable ? null : undefined;
  if (typeof value === 'bigint') {
    if (!Number.isSafeInteger(Number(value))) throw new InvalidValue('the number is too large');
    return Number(value);
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => plain(item, false)).filter((item) => item !== undefined);
  if (typeof value === 'object') {
    const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
    return Object.fromEntries(entries.map(([name, item]) => [name, plain(item, false)]));
  }
  return value;
}

/** Of a kind that no expression gives. */
const nothing: ExpressionTypes = { types: [], says: 'nothing' };

function wordsFor({ expression = nothing }: Kind): string {
  return expression.says;
}

const TIME = 'google.protobuf.Timestamp';

function fits(type: ValueType, wanted: readonly ValueType[]): boolean {
  return ['dyn', 'null', ...wanted].includes(type.replace(/<.*/, ''));
}

/** A description of a CEL type. */
export function typeName(type: ValueType): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a text',
    int: 'a whole number',
    double: 'a number',
    bool: 'true or false',
    list: 'a list',
    map: 'a map',
    [TIME]: 'a time',
  };
  return names[type.replace(/<.*/, '')] ?? type;
}
