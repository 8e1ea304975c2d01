/** Field kinds that only read models use. */
import { z } from 'zod';
import { Field, MoneyField, type OpenField } from '../../contracts/fields/index.js';
import type { Distribution } from './distribution.js';
import type { MoneyByCurrency } from './money.js';

/** The id of a document that is identified by several values: see `compoundKey`. */
export const CompoundId: OpenField<string> = Field.of({
  name: 'id',
  stored: z.string().min(1),
  api: { named: 'ID' },
  compared: 'exact',
});

/** Sums of money: at most one amount per currency. */
export const MoneyByCurrencyField: OpenField<MoneyByCurrency> = Field.of({
  name: 'moneyByCurrency',
  stored: z.record(z.string(), z.int()),
  api: { list: MoneyField.kind.api },
  show: (amounts: MoneyByCurrency) =>
    Object.entries(amounts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, amount]) => ({ currency, amount })),
  added: 'moneyByCurrency',
});

/** The count and distribution of values, as a sketch that can be merged. */
export const DistributionField: OpenField<Distribution> = Field.of({
  name: 'distribution',
  stored: z.object({ count: z.int(), sum: z.number() }).loose(),
  api: { named: 'Distribution' },
  added: 'distribution',
});
