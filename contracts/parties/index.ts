/** The stream types of parties. */
import { accountEvents } from './account.js';
import { contactEvents } from './contact.js';

export const streamTypes = { account: accountEvents, contact: contactEvents } as const;
