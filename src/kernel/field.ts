/** `@Field`: declares an input field, and with it the validation that its type asks for. */
import { ValidateBy, ValidateIf, ValidateNested } from 'class-validator';
import { isDay, isInstant } from './calendar.js';
import { Currency, Int, type FieldType, type Shape } from './field-type.js';

export interface FieldOptions {
  /** May be left out. */
  readonly optional?: boolean;
  /** May be null: a revision clears the value. */
  readonly clearable?: boolean;
  /** Shown in the published contract. */
  readonly description?: string;
}

export interface FieldSpec extends FieldOptions {
  readonly name: string;
  readonly type: FieldType;
  /** What a value that is given must be. */
  readonly checks: readonly Check[];
}

/** One thing that a value must be. They are asked in order, and the first that does not hold is told: a length before a pattern. */
interface Check {
  readonly be: string;
  readonly holds: (value: unknown) => boolean;
}

const specs = new WeakMap<object, FieldSpec[]>();

/** Declares a field of a command or of an object nested in one. Fields are required unless said otherwise. */
export function Field(type: FieldType, options: FieldOptions = {}): PropertyDecorator {
  return (prototype, property) => {
    const name = String(property);
    const own = specs.get(prototype) ?? [];
    const field: FieldSpec = { ...options, name, type, checks: checks(type) };
    own.push(field);
    specs.set(prototype, own);
    for (const { be, holds } of field.checks) {
      ValidateBy({ name: be, validator: { validate: holds, defaultMessage: () => `must be ${be}` } })(prototype, property);
    }
    if (nests(type)) ValidateNested({ each: type.kind === 'list', message: 'must be an object' })(prototype, property);
    if (options.optional) {
      ValidateIf((_, value) => !mayBe(field, value))(prototype, property);
    }
  };
}

/** Whether a field may be without a value in this way: left out, or cleared. */
function mayBe({ optional, clearable }: FieldSpec, value: unknown): boolean {
  return optional === true && (value === undefined || (value === null && clearable === true));
}

const known = new WeakMap<Shape, readonly FieldSpec[]>();

/** The fields of a class, its bases' first, in the order of their declaration. */
export function fieldsOf(shape: Shape): readonly FieldSpec[] {
  const before = known.get(shape);
  if (before) return before;
  const found: FieldSpec[] = [];
  for (let at: object | null = shape.prototype as object; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    found.unshift(...(specs.get(at) ?? []));
  }
  known.set(shape, found);
  return found;
}

/**
 * Whether everything holds that the fields of a class ask of a value: what class-validator would say, in a twentieth of its time.
 * What is wrong, if something is, is for class-validator to tell.
 */
export function isSound(shape: Shape, value: object): boolean {
  return fieldsOf(shape).every((field) => {
    const given = (value as Readonly<Record<string, unknown>>)[field.name];
    return mayBe(field, given) || (field.checks.every(({ holds }) => holds(given)) && isSoundWithin(field.type, given));
  });
}

function isSoundWithin(type: FieldType, value: unknown): boolean {
  switch (type.kind) {
    case 'money':
      return isSound(MoneyInput, value as object);
    case 'nested':
      return isSound(type.shape(), value as object);
    case 'list':
      return !nests(type) || (value as readonly unknown[]).every((entry) => isSoundWithin(type.of, entry));
    default:
      return true;
  }
}

/** Text as people type it: without control characters other than tabs and line ends, and without halves of characters. */
// eslint-disable-next-line no-control-regex
const printable = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\p{Cs}]*$/u;

export const patterns = {
  id: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  uuid: /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/,
  user: /^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,99}$/,
  day: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  instant: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
} as const;

function checks(type: FieldType): readonly Check[] {
  switch (type.kind) {
    case 'id':
      return [
        type.uuid
          ? text('a UUID', (value) => patterns.uuid.test(value))
          : text('an id: 1 to 64 letters, digits, "_" or "-"', (value) => patterns.id.test(value)),
      ];
    case 'user':
      return [text('a user id: 1 to 100 letters, digits or "_.@:-"', (value) => patterns.user.test(value))];
    case 'text': {
      const { max, pattern, hint } = type;
      return [
        text('text', () => true),
        text('filled: it is empty', (value) => value.length > 0),
        text(`at most ${max} characters long`, (value) => isWithin(value, max)),
        text('text without control characters', (value) => printable.test(value)),
        ...(pattern ? [text(hint ?? `of the form ${pattern.source}`, (value) => pattern.test(value))] : []),
      ];
    }
    case 'choice':
      return [text(`one of ${type.values.map((value) => `"${value}"`).join(', ')}`, (value) => type.values.includes(value))];
    case 'boolean':
      return [{ be: 'true or false', holds: (value) => typeof value === 'boolean' }];
    case 'int':
      return [{ be: 'a whole number', holds: Number.isSafeInteger }, within(type.min, type.max)];
    case 'decimal':
      return [{ be: 'a number', holds: Number.isFinite }, within(type.min, type.max)];
    case 'day':
      return [text('a day such as 2018-02-26', isDay)];
    case 'instant':
      return [text('an instant such as 2018-02-26T19:58:54.000Z', isInstant)];
    case 'money':
    case 'nested':
      return [{ be: 'an object', holds: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) }];
    case 'list':
      return [
        { be: 'a list', holds: Array.isArray },
        { be: `at most ${type.max} entries long`, holds: (value) => Array.isArray(value) && value.length <= type.max },
        ...checks(type.of).map(({ be, holds }) => ({
          be: `a list in which each entry is ${be}`,
          holds: (value: unknown) => Array.isArray(value) && value.every(holds),
        })),
      ];
    case 'moneys':
    case 'distribution':
      throw new TypeError(`A ${type.kind} is computed by read models; it can't be an input field.`);
  }
}

function text(be: string, holds: (value: string) => boolean): Check {
  return { be, holds: (value) => typeof value === 'string' && holds(value) };
}

function within(min: number, max: number): Check {
  return { be: `from ${min} to ${max}`, holds: (value) => typeof value === 'number' && value >= min && value <= max };
}

/** Whether the text has at most `max` characters, those of two code units counted once. */
function isWithin(value: string, max: number): boolean {
  return value.length <= max || (value.length <= 2 * max && Array.from(value).length <= max);
}

function nests(type: FieldType): boolean {
  return type.kind === 'list' ? nests(type.of) : type.kind === 'nested' || type.kind === 'money';
}

/** The largest single amount, in minor units: a trillion euros. Sums stay exact to 90 times as much, and what can't be summed stops read models. */
const LARGEST_AMOUNT = 1e14;

/** Money as an input: minor units and a currency. */
export class MoneyInput {
  @Field(Int(-LARGEST_AMOUNT, LARGEST_AMOUNT), { description: 'Minor units, for example cents.' })
  readonly amount!: number;

  @Field(Currency)
  readonly currency!: string;
}
