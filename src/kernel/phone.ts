/** Comparison of phone numbers. */

/** The digits of a number without leading zeros: `+40 21 555 0100` and `0040-215550100` are equal. Null without digits. */
export function phoneDigits(phone: string | null): string | null {
  return phone?.replace(/[^0-9]/g, '').replace(/^0+/, '') || null;
}
