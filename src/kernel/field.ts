/** `@Field`: declares an input field, and with it the validation that its type asks for. */
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';
import { Currency, type FieldType, type Shape } from './field-type.js';

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
}

const specs = new WeakMap<object, FieldSpec[]>();

/** Declares a field of a command or of an object nested in one. Fields are required unless said otherwise. */
export function Field(type: FieldType, options: FieldOptions = {}): PropertyDecorator {
  return (prototype, property) => {
    const name = String(property);
    const own = specs.get(prototype) ?? [];
    own.push({ ...options, name, type });
    specs.set(prototype, own);
    const checks = validators(type, {});
    if (options.optional) checks.push(ValidateIf((_, value) => value !== undefined && !(value === null && options.clearable === true)));
    for (const check of checks) check(prototype, property);
  };
}

/** The fields of a class, its bases' first, in the order of their declaration. */
export function fieldsOf(shape: Shape): readonly FieldSpec[] {
  const found: FieldSpec[] = [];
  for (let at: object | null = shape.prototype as object; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    found.unshift(...(specs.get(at) ?? []));
  }
  return found;
}

// Text as people type it: printable characters, tabs and line ends.
// eslint-disable-next-line no-control-regex
const printable = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/u;

export const patterns = {
  id: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  uuid: /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/,
  user: /^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,99}$/,
  day: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  instant: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
} as const;

function validators(type: FieldType, each: ValidationOptions): PropertyDecorator[] {
  const like = (pattern: RegExp, hint: string): PropertyDecorator => Matches(pattern, { ...each, message: `$property must be ${hint}` });
  switch (type.kind) {
    case 'id':
      return [type.uuid ? like(patterns.uuid, 'a UUID') : like(patterns.id, 'an id: 1 to 64 letters, digits, "_" or "-"')];
    case 'user':
      return [like(patterns.user, 'a user id: 1 to 100 letters, digits or "_.@:-"')];
    case 'text':
      return [
        type.pattern ? like(type.pattern, type.hint ?? 'of the right form') : like(printable, 'text without control characters'),
        MaxLength(type.max, each),
        MinLength(1, each),
        IsString(each),
      ];
    case 'choice':
      return [IsIn([...type.values], each)];
    case 'boolean':
      return [IsBoolean(each)];
    case 'int':
      return [Min(type.min, each), Max(type.max, each), IsInt(each)];
    case 'decimal':
      return [Min(type.min, each), Max(type.max, each), IsNumber({}, each)];
    case 'day':
      return [like(patterns.day, 'a day such as 2018-02-26')];
    case 'instant':
      return [like(patterns.instant, 'an instant such as 2018-02-26T19:58:54.000Z')];
    case 'money':
    case 'nested':
      return [ValidateNested(each)];
    case 'list':
      return [...validators(type.of, { ...each, each: true }), ArrayMaxSize(type.max), IsArray()];
    case 'moneys':
    case 'distribution':
      throw new TypeError(`A ${type.kind} is computed by read models; it can't be an input field.`);
  }
}

/** Money as an input: minor units and a currency. */
export class MoneyInput {
  @Field({ kind: 'int', min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }, { description: 'Minor units, for example cents.' })
  readonly amount!: number;

  @Field(Currency)
  readonly currency!: string;
}
