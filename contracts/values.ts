/** The value types that contracts share. Text is stored as it came, trimmed; times are ISO 8601 in UTC; money is never a float. */
import { z } from 'zod';

/** Id of a record: letters, digits, `_` and `-`, 1 to 64 of them. Made by Daybook it is a UUID. */
export const Id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);

/** Id of a user or of a program that acts as one. */
export const UserId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,99}$/);

/** ISO 4217 alphabetic code. */
export const Currency = z.string().regex(/^[A-Z]{3}$/);

/** An amount in minor units (cents) of a currency. */
export const Money = z.object({ amount: z.number().int(), currency: Currency });
export type Money = z.infer<typeof Money>;

/** A calendar day, `2018-02-26`, without a time or a zone. */
export const Day = z.iso.date();

/** An instant, ISO 8601 in UTC with milliseconds: `2018-02-26T19:58:54.000Z`. */
export const Instant = z.iso.datetime({ precision: 3 });
