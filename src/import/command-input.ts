/** A command's input as a mapping says it: constants, and expressions that begin with "=". Checked against the command's own fields and rules. */
import type { CommandClass } from '../kernel/command.js';
import { fieldsOf, MoneyInput, type FieldSpec } from '../kernel/field.js';
import type { FieldType, Shape } from '../kernel/field-type.js';
import { fromInput, InvalidInput } from '../kernel/input.js';
import { InvalidValue, type Compile, type Expression, type Values, type ValueType } from './expression.js';
import type { MappingDocument, Spot } from './mapping-document.js';

export type Template =
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly field: string; readonly clearable: boolean }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Template])[]; readonly money: boolean }
  | { readonly kind: 'list'; readonly items: readonly Template[] };

/** Set by the import itself. */
const own: ReadonlyMap<string, string> = new Map([
  ['commandId', 'it derives from the mapping, the row and the step'],
  ['occurredAt', "it is the step's `at`"],
  ['expectedRevision', 'an import does not know it'],
]);

/** A text that begins with "=" is an expression. */
export function expressionText(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith('=') ? value.slice(1).trim() : undefined;
}

/** Compiles an expression, or complains about it and gives nothing. */
export function compileAt(document: MappingDocument, spot: Spot, text: string, compile: Compile): Expression | undefined {
  try {
    return compile(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    document.complain(spot, error.message);
    return undefined;
  }
}

/** Reads the input of a step; complaints go to the document. `spot` is undefined when the step has no input. */
export function readInput(document: MappingDocument, step: Spot, spot: Spot | undefined, target: CommandClass, compile: Compile): Template {
  const name = target.name;
  const fields = fieldsOf(target).filter((field) => !own.has(field.name));
  const template = spot ? readObject({ document, compile, owner: name }, spot, fields, '') : undefined;
  if (!spot) complainOfMissing(document, step, name, fields, new Set());
  if (template && spot) checkConstants(document, spot, target, template);
  return template ?? { kind: 'object', entries: [], money: false };
}

interface Reading {
  readonly document: MappingDocument;
  readonly compile: Compile;
  readonly owner: string;
}

function readObject(reading: Reading, spot: Spot, fields: readonly FieldSpec[], path: string): Template | undefined {
  const { document, owner } = reading;
  const entries = document.entries(spot);
  if (!entries) return undefined;
  const known = new Map(fields.map((field) => [field.name, field]));
  const read: (readonly [string, Template])[] = [];
  for (const [name, value] of entries) {
    const field = known.get(name);
    const at = path === '' ? name : `${path}.${name}`;
    if (!field) {
      const why = path === '' ? own.get(name) : undefined;
      document.complain(
        value,
        why ? `${at} is not given in the input: ${why}` : `${owner} has no field ${at}; it has ${[...known.keys()].join(', ')}`,
      );
      continue;
    }
    const template = readValue(reading, value, field.type, at, field.clearable === true);
    if (template) read.push([name, template]);
  }
  complainOfMissing(document, spot, path === '' ? owner : `${owner}, in ${path},`, fields, new Set(entries.keys()));
  return { kind: 'object', entries: read, money: false };
}

function complainOfMissing(
  document: MappingDocument,
  spot: Spot,
  owner: string,
  fields: readonly FieldSpec[],
  given: ReadonlySet<string>,
): void {
  const missing = fields.filter((field) => field.optional !== true && !given.has(field.name)).map((field) => field.name);
  if (missing.length > 0) document.complain(spot, `${owner} needs ${missing.join(', ')}`);
}

function readValue(reading: Reading, spot: Spot, type: FieldType, path: string, clearable: boolean): Template | undefined {
  const { document, compile } = reading;
  const text = expressionText(document.scalar(spot)?.value);
  if (text !== undefined) {
    const expression = compileAt(document, spot, text, compile);
    if (!expression) return undefined;
    const wanted = valueTypes(type);
    if (!fits(expression.type, wanted.types)) {
      document.complain(spot, `${path} takes ${wanted.says}; the expression ${text} gives ${typeName(expression.type)}`);
      return undefined;
    }
    return { kind: 'expression', expression, field: path, clearable };
  }
  if (document.isMap(spot)) {
    const shape = shapeOf(type);
    if (!shape) {
      document.complain(spot, `${path} takes ${valueTypes(type).says}, not an object`);
      return undefined;
    }
    const template = readObject(reading, spot, fieldsOf(shape), path);
    return template?.kind === 'object' && type.kind === 'money' ? { ...template, money: true } : template;
  }
  if (document.isList(spot)) {
    if (type.kind !== 'list') {
      document.complain(spot, `${path} takes ${valueTypes(type).says}, not a list`);
      return undefined;
    }
    const items = (document.items(spot) ?? []).map((item, index) => readValue(reading, item, type.of, `${path}.${index}`, false));
    return { kind: 'list', items: items.filter((item) => item !== undefined) };
  }
  return { kind: 'constant', value: document.scalar(spot)?.value };
}

/** Asks the command's own validation about what is constant. */
function checkConstants(document: MappingDocument, spot: Spot, target: CommandClass, template: Template): void {
  try {
    fromInput(target, constantPart(template));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    for (const { field, message } of error.problems) {
      if (!message.endsWith(' is required')) document.complain(lineOf(document, spot, field), `${target.name}: ${message}`);
    }
  }
}

/** The template without what is computed; a list with anything computed in it counts as computed. */
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

function lineOf(document: MappingDocument, spot: Spot, field: string): Spot {
  return field.split('.').reduce<Spot>((at, part) => {
    const next = document.isMap(at)
      ? document.entries(at)?.get(part)
      : document.isList(at)
        ? document.items(at)?.[Number(part)]
        : undefined;
    return next ?? at;
  }, spot);
}

/**
 * The input for one record, as plain values; what is empty is left out.
 * @throws InvalidValue that names the field.
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

/** What CEL gives, as commands take it: whole numbers are numbers, times are text, empty is nothing. */
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

function shapeOf(type: FieldType): Shape | undefined {
  if (type.kind === 'nested') return type.shape();
  return type.kind === 'money' ? MoneyInput : undefined;
}

const TIME = 'google.protobuf.Timestamp';

/** What of CEL's types a field takes, and how to say so. */
function valueTypes(type: FieldType): { readonly types: readonly ValueType[]; readonly says: string } {
  switch (type.kind) {
    case 'int':
      return { types: ['int'], says: 'a whole number: whole(text), cents(text)' };
    case 'decimal':
      return { types: ['double', 'int'], says: 'a number: double(text)' };
    case 'boolean':
      return { types: ['bool'], says: 'true or false' };
    case 'instant':
      return { types: [TIME, 'string'], says: 'a time: instant(text)' };
    case 'day':
      return { types: ['string'], says: 'a day: day(text)' };
    case 'list':
      return { types: ['list'], says: 'a list' };
    case 'money':
      return { types: ['map'], says: 'amount and currency' };
    case 'nested':
      return { types: ['map'], says: 'an object' };
    default:
      return { types: ['string'], says: 'a text' };
  }
}

function fits(type: ValueType, wanted: readonly ValueType[]): boolean {
  return ['dyn', 'null', ...wanted].includes(type.replace(/<.*/, ''));
}

/** CEL's type in plain words. */
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
