/** Plain values from outside (JSON, YAML, GraphQL variables) made into a validated command: all problems at once, each with its field. */
import { validateSync, type ValidationError } from 'class-validator';
import { isDay } from './calendar.js';
import type { FieldType, Shape } from './field-type.js';
import { fieldsOf, isSound, MoneyInput, type FieldSpec } from './field.js';
import { KnownError } from './known-error.js';

export interface FieldProblem {
  /** `stages.0.name` */
  readonly field: string;
  /** What is wrong and what is allowed; never the value, which may be personal. */
  readonly message: string;
}

/** The most problems that are told at once; a request with more of them is not looked at further. */
const MOST_PROBLEMS = 20;

/** Names of fields come from outside too: a longer one is cut in messages. */
const LONGEST_NAME = 60;

/** Input that can't be a command. Nothing was done. */
export class InvalidInput extends KnownError {
  override readonly name = 'InvalidInput';
  readonly code = 'BAD_USER_INPUT';

  constructor(
    readonly what: string,
    readonly problems: readonly FieldProblem[],
  ) {
    super(`${what}: ${problems.map((problem) => problem.message).join('; ')}.`);
  }
}

/**
 * Makes an instance of `target` from plain values: unknown fields refused, nested objects built, text trimmed, times brought to UTC, everything validated.
 * @throws InvalidInput with every problem found.
 */
export function fromInput<T extends object>(target: new () => T, plain: unknown): T {
  const problems: FieldProblem[] = [];
  const made = build(target, plain, '', problems) as T;
  if (problems.length === 0 && !isSound(target, made)) {
    problems.push(...flatten(validateSync(made, { forbidUnknownValues: false, stopAtFirstError: true }), ''));
  }
  if (problems.length > 0) throw new InvalidInput(target.name, problems.slice(0, MOST_PROBLEMS));
  return made;
}

function build(target: Shape, plain: unknown, path: string, problems: FieldProblem[]): object {
  const made = new (target as new () => object)() as Record<string, unknown>;
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    problems.push({ field: path || target.name, message: `${path || target.name} must be an object` });
    return made;
  }
  const fields = fieldsByName(target);
  for (const [name, value] of Object.entries(plain)) {
    const field = fields.get(name);
    const shown = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
    const at = path ? `${path}.${shown}` : shown;
    if (problems.length >= MOST_PROBLEMS) return made;
    if (!field) problems.push({ field: at, message: `${at} is not a field of ${target.name}; it has ${[...fields.keys()].join(', ')}` });
    else if (value !== undefined && !(value === null && meansAbsent(field, fields))) made[name] = convert(field.type, value, at, problems);
  }
  return made;
}

/** Clients send null for what they leave out. Where null can clear a value, a null for one that it can't clear is refused instead. */
function meansAbsent(field: FieldSpec, fields: ReadonlyMap<string, FieldSpec>): boolean {
  return field.optional === true && ![...fields.values()].some(({ clearable }) => clearable);
}

const byName = new WeakMap<Shape, ReadonlyMap<string, FieldSpec>>();

function fieldsByName(target: Shape): ReadonlyMap<string, FieldSpec> {
  let fields = byName.get(target);
  if (!fields) {
    fields = new Map(fieldsOf(target).map((field) => [field.name, field]));
    byName.set(target, fields);
  }
  return fields;
}

function convert(type: FieldType, value: unknown, path: string, problems: FieldProblem[]): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case 'text':
      return typeof value === 'string' ? value.trim() : value;
    case 'instant':
      return toInstant(value);
    case 'money':
      return build(MoneyInput, value, path, problems);
    case 'nested':
      return build(type.shape(), value, path, problems);
    case 'list':
      // A list that is too long is refused as it is.
      return Array.isArray(value) && value.length <= type.max
        ? value.map((item, index) => convert(type.of, item, `${path}.${index}`, problems))
        : value;
    default:
      return value;
  }
}

const withZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** ISO 8601 with a zone, in UTC with milliseconds; anything else comes back as it was, for the validation to refuse. */
export function toInstant(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'not a date' : value.toISOString();
  if (typeof value !== 'string' || !withZone.test(value) || !isDay(value.slice(0, 10))) return value;
  const parsed = new Date(value);
  return Number.isNaN(parsed.getTime()) ? value : parsed.toISOString();
}

function flatten(errors: readonly ValidationError[], path: string): FieldProblem[] {
  return errors.flatMap((error) => {
    const field = path ? `${path}.${error.property}` : error.property;
    const own = Object.values(error.constraints ?? {}).map((message) => ({
      field,
      message: error.value === undefined ? `${field} is required` : `${field} ${message}`,
    }));
    return [...own, ...flatten(error.children ?? [], field)];
  });
}
