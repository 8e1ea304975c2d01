/** Messages for invalid input. They complete a sentence that begins with the field's name, and never repeat the value, which may be personal data. */

/** The message for a missing value or one of the wrong type. @param be such as "be text" */
export function must(be: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => (input === undefined ? 'is required' : `must ${be}`);
}
