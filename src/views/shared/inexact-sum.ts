/** The error for a sum beyond 2^53 - 1, up to which sums are exact. */
export function inexactSum(cause?: unknown): RangeError {
  return new RangeError('A sum exceeds 2^53 - 1, beyond which it is not exact. Group by more columns, or sum up fewer documents.', {
    cause,
  });
}
