/** The stream types of those who keep Daybook running. */
import { deadLetterEvents } from './dead-letter.js';

export const streamTypes = { deadLetter: deadLetterEvents } as const;
