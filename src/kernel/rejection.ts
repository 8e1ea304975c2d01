/** The refusal of a command by a rule. */
import { KnownError } from './known-error.js';

/** The code is stable and documented; the message is for people and contains no personal data. */
export class Rejection extends KnownError {
  override readonly name = 'Rejection';

  /**
   * @param code upper snake case, listed in docs/errors.md
   * @param field the input field to change, if there is one
   */
  constructor(
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

/** Codes with their meanings, for the published contract. */
export type Codes = Readonly<Record<string, string>>;

/**
 * Returns the function that creates the rejections of a context: `throw rejection('LEAD_OPEN', 'The lead is already open.')`.
 * It throws a TypeError for a code that is not among them, which types tell too.
 * @param codes all codes of the context, as its manifest lists them
 */
export function rejections<C extends Codes>(codes: C): (code: keyof C & string, message: string, field?: string) => Rejection {
  return (code, message, field) => {
    if (!Object.hasOwn(codes, code)) {
      throw new TypeError(`The code ${code} is not declared; declared are ${Object.keys(codes).join(', ')}.`);
    }
    return new Rejection(code, message, field);
  };
}
