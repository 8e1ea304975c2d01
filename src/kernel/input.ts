/** Validates plain values from outside (JSON, YAML, GraphQL variables). All problems are reported at once, each with its field. */
import type { z } from 'zod';
import { objectInput } from '../../contracts/fields/composite.js';
import type { Fields } from '../../contracts/fields/index.js';
import { KnownError } from './known-error.js';

export interface FieldProblem {
  /** `stages.0.name` */
  readonly field: string;
  /** What is wrong and what is allowed, without the value, which may be personal data. */
  readonly message: string;
}

/** The maximum number of problems in an error. */
const MOST_PROBLEMS = 20;

/** Unknown field names come from outside: messages truncate longer ones. */
const LONGEST_NAME = 60;

/** Invalid input of a command. Nothing was written. */
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
 * Returns a function that validates plain values: it refuses unknown fields, trims text and converts times to UTC.
 * The function throws InvalidInput with at most 20 problems.
 * @param what the name of the input, for messages
 */
export function reader(what: string, fields: Fields): (plain: unknown) => Readonly<Record<string, unknown>> {
  let schema: z.ZodType<Readonly<Record<string, unknown>>> | undefined;
  return (plain) => {
    schema ??= objectInput(what, fields);
    const { success, data, error } = schema.safeParse(plain);
    if (success) return data;
    throw new InvalidInput(what, error.issues.flatMap((issue) => problems(what, issue)).slice(0, MOST_PROBLEMS));
  };
}

function problems(what: string, issue: z.core.$ZodIssue): readonly FieldProblem[] {
  const names = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, MOST_PROBLEMS).map((key) => [...issue.path, key]) : [issue.path];
  return names.map((path) => {
    const field = path.map((part) => shortened(String(part))).join('.') || what;
    return { field, message: `${field} ${issue.message}` };
  });
}

function shortened(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}
