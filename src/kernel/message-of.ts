/** The message of anything that was thrown. */
export function messageOf(failure: unknown): string {
  try {
    return String(failure instanceof Error ? failure.message : failure);
  } catch {
    return 'something without a text was thrown'; // An object without a prototype, or whose toString throws.
  }
}
