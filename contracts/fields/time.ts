/** Field kinds for days and instants. */
import { z } from 'zod';
import { isDay, isInstant, toInstant } from './calendar.js';
import { Field, type OpenField } from './field.js';
import { must } from './must.js';
import { date, dateTime } from './scalars.js';

/** A calendar day, `2018-02-26`, without a time or time zone. */
export const Day: OpenField<string> = Field.of({
  name: 'day',
  stored: z.iso.date(),
  input: z.string({ error: must('be a day such as 2018-02-26') }).refine(isDay, { error: 'must be a day such as 2018-02-26' }),
  api: { scalar: date },
  compared: 'exact',
  cut: 'day',
  expression: { types: ['string'], says: 'a day: day(text)' },
});

const instant = 'be an instant such as 2018-02-26T19:58:54.000Z';

/** An instant. Inputs are ISO 8601 with any time zone offset; stored in UTC with milliseconds: `2018-02-26T19:58:54.000Z`. */
export const Instant: OpenField<string> = Field.of({
  name: 'instant',
  stored: z.iso.datetime({ precision: 3 }),
  input: z.preprocess(toInstant, z.string({ error: must(instant) }).refine(isInstant, { error: `must ${instant}` })),
  api: { scalar: dateTime },
  compared: 'exact',
  cut: 'instant',
  expression: { types: ['google.protobuf.Timestamp', 'string'], says: 'a time: instant(text)' },
});
