/** An operator accepts that keys are lost. It stands in the log, so that every fold withholds the same fields. */
import { keyLoss as fields, keyLossEvents, KeysLost, lostKeys } from '../../contracts/operations/key-loss.js';
import { recordType } from '../kernel/record-type.js';

export const keyLoss = recordType<'accepted'>()('keys', keyLossEvents, {
  begins: { KeysLost: () => 'accepted' },
  evolves: {},
});

export const AcceptKeyLoss = keyLoss.creates('AcceptKeyLoss', {
  description: 'Accepts that keys are lost for good.',
  verb: 'operate',
  input: { ...fields, keys: lostKeys.describe('The ids of the keys.') },
  decide: (input) => [KeysLost(input)],
});
