/** Account: a company or a household that we do business with, or would like to. */
import { z } from 'zod';
import { event, personal, type EventOf } from '../event.js';
import { UserId } from '../values.js';

export const AccountKind = z.enum(['company', 'household']);
export type AccountKind = z.infer<typeof AccountKind>;

export const AccountStatus = z.enum(['prospect', 'customer', 'former customer']);
export type AccountStatus = z.infer<typeof AccountStatus>;

// Names and numbers are marked as personal because a household, and a business of one person, go by those of a person.
const revisable = {
  kind: AccountKind,
  name: personal(z.string()),
  legalName: personal(z.string()).nullable(),
  registrationNumber: personal(z.string()).nullable(),
  taxNumber: personal(z.string()).nullable(),
  industry: z.string().nullable(),
  size: z.string().nullable(),
  segment: z.string().nullable(),
  website: z.string().nullable(),
  status: AccountStatus,
  email: personal(z.string()).nullable(),
  phone: personal(z.string()).nullable(),
  tags: z.array(z.string()),
};

export const AccountRegistered = event('AccountRegistered', z.object({ ...revisable, owner: UserId }));
export const AccountRevised = event('AccountRevised', z.object(revisable).partial());
export const AccountAssigned = event('AccountAssigned', z.object({ owner: UserId, from: UserId }));

export const accountEvents = [AccountRegistered, AccountRevised, AccountAssigned] as const;
export type AccountEvent = EventOf<typeof accountEvents>;
