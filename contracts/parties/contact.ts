/** Contact: a person, on their own or with a role at an account. */
import { z } from 'zod';
import { event, personal, type EventOf } from '../event.js';
import { Day, Id, UserId } from '../values.js';

const revisable = {
  salutation: personal(z.string()).nullable(),
  /** As the person is called in full, whether the parts below are known or not. */
  name: personal(z.string()),
  firstName: personal(z.string()).nullable(),
  lastName: personal(z.string()).nullable(),
  languages: z.array(z.string()),
  birthDate: personal(Day).nullable(),
  accountId: Id.nullable(),
  jobRole: personal(z.string()).nullable(),
  email: personal(z.string()).nullable(),
  phone: personal(z.string()).nullable(),
  tags: z.array(z.string()),
};

export const ContactRegistered = event('ContactRegistered', z.object({ ...revisable, owner: UserId }));
export const ContactRevised = event('ContactRevised', z.object(revisable).partial());
export const ContactAssigned = event('ContactAssigned', z.object({ owner: UserId, from: UserId }));

export const contactEvents = [ContactRegistered, ContactRevised, ContactAssigned] as const;
export type ContactEvent = EventOf<typeof contactEvents>;
