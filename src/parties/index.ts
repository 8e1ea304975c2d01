/** Accounts and contacts: what may be asked of them. */
import type { Aggregate } from '../kernel/aggregate.js';
import type { CommandClass } from '../kernel/command.js';
import { account, AssignAccount, RegisterAccount, ReviseAccount } from './account.js';
import { AssignContact, contact, RegisterContact, ReviseContact } from './contact.js';

export const aggregates = [account, contact] as unknown as readonly Aggregate<unknown, never>[];

export const commands: readonly CommandClass[] = [
  RegisterAccount,
  ReviseAccount,
  AssignAccount,
  RegisterContact,
  ReviseContact,
  AssignContact,
];
