/** The error for a name that nothing has. */
import { KnownError } from '../kernel/known-error.js';

/** There is no such read model, build or dead letter. */
export class NotFound extends KnownError {
  override readonly name = 'NotFound';
  readonly code = 'NOT_FOUND';

  constructor(
    /** The input that named it. */
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}
