/** Phone numbers as people write them, and what makes two of them the same. */

/** The digits of a number without zeros in front: `+40 21 555 0100` and `0040-215550100` are the same. Null of none. */
export function phoneDigits(phone: string | null): string | null {
  return phone?.replace(/[^0-9]/g, '').replace(/^0+/, '') || null;
}
