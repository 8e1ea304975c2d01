/** What a failure says of itself, whatever was thrown. */
export function messageOf(failure: unknown): string {
  try {
    return String(failure instanceof Error ? failure.message : failure);
  } catch {
    return 'something was thrown that has no text'; // An object without a prototype, or with a toString of its own that fails.
  }
}
