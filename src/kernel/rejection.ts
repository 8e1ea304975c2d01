import { KnownError } from './known-error.js';

/** A rule that said no. The code is stable and documented; the message is for people and holds no personal data. */
export class Rejection extends KnownError {
  override readonly name = 'Rejection';

  /**
   * @param code upper snake case, listed in docs/errors.md
   * @param field the input field to change, where one can be named
   */
  constructor(
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}
