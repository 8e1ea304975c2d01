/** The process managers of this program. */
import { leadConversion } from './lead-conversion.js';
import type { Policy } from './policy.js';
import { stageMoves } from './stage-moves.js';

export const policies: readonly Policy[] = [leadConversion, stageMoves];
