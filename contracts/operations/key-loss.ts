/** Key loss: keys that are lost for good, without an erasure. What was sealed under them is withheld. */
import { loss } from '../erasure.js';
import { List, Text } from '../fields/index.js';

const MOST = 1_000;

export const keyLoss = {
  streams: List(Text(130).open('It is made of a type and an id.'), MOST).describe('The streams whose fields can no longer be opened.'),
  reason: Text(1_000).describe('What happened to the keys.'),
};

/** The ids of the keys, besides the fields above. */
export const lostKeys = List(Text(16).open('It is random.'), MOST);

export const KeysLost = loss('KeysLost', 'It was accepted that keys are lost: what is sealed under them is withheld.', keyLoss);

export const keyLossEvents = [KeysLost] as const;
