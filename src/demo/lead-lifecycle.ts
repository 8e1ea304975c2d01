/** The commands of one fictional lead, from its registration to the end of its opportunity. */
import type { DisqualificationReason } from '../../contracts/sales/lead.js';
import { DAY_MS } from '../kernel/calendar.js';
import type { Command } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import { fold } from '../../contracts/fold.js';
import { LoseOpportunity, ReopenOpportunity, WinOpportunity } from '../sales/close-opportunity.js';
import { ConvertLead } from '../sales/convert-lead.js';
import { AssignLead, RegisterLead } from '../sales/lead.js';
import { AdvanceOpportunity, ReviseOpportunity } from '../sales/opportunity.js';
import { DisqualifyLead, QualifyLead, ReopenLead } from '../sales/qualify-lead.js';
import * as company from './company.js';
import type { Random } from './random.js';

export interface Action {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly actor: string;
  readonly command: Command;
}

const HOUR = 3_600_000;

/**
 * Each action changes something, so that what was done can be told from the log.
 * @param lead with the ids of the company's pipelines
 */
export function leadLifecycle(
  chance: Random,
  lead: { readonly id: string; readonly registeredAt: number; readonly pipelineIds: Readonly<Record<company.PipelineName, string>> },
): readonly Action[] {
  const { id } = lead;
  const actions: Action[] = [];
  let now = lead.registeredAt;
  let owner = chance.weighted(company.SELLERS);
  const act = (command: Command, actor = owner): void => {
    actions.push({ at: now, actor, command });
  };
  /** Moves on by some days, to a time at which people work. @param days the median */
  const later = (days: number): void => {
    now = workingTime(now + Math.max(chance.around(days) * DAY_MS, HOUR / 2), chance);
  };

  const origin = chance.weighted(company.ORIGINS);
  const person = fictionalPerson(chance);
  act(RegisterLead({ id, ...person, ...(origin.name === undefined ? {} : { origin: origin.name }), ownerId: owner }), company.MARKETER);
  if (chance.chance(0.1)) {
    later(1.5);
    owner = chance.weighted(company.SELLERS.filter(([seller]) => seller !== owner));
    act(AssignLead({ id, ownerId: owner }), company.MANAGER);
  }
  if (chance.chance(0.14)) return actions;

  later(3);
  if (!chance.chance(origin.quality)) {
    act(DisqualifyLead({ id, ...chance.weighted(disqualifications) }));
    if (!chance.chance(0.05)) return actions;
    later(40);
    act(ReopenLead({ id }));
    later(4);
  }
  const temperature = chance.weighted([
    ['hot', 3],
    ['warm', 5],
    ['cold', 2],
  ] as const);
  act(QualifyLead({ id, temperature, score: score(temperature, chance), need: chance.one(company.INTERESTS) }));
  later(4);
  if (!chance.chance(0.78)) return actions;

  const pipeline = chance.weighted([
    ['fitOut', 2],
    ['furniture', 3],
  ] as const);
  const selling = chance.chance(0.92);
  const amount = euros(chance.around(company.PIPELINES[pipeline].amount));
  act(
    ConvertLead({
      id,
      account: {
        new: {
          industry: chance.one(company.INDUSTRIES),
          ...(chance.chance(0.3) ? { tags: [chance.one(['key account', 'expo', 'returning'])] } : {}),
        },
      },
      ...(selling
        ? {
            opportunity: {
              pipelineId: lead.pipelineIds[pipeline],
              amount,
              expectedClose: day(now + chance.around(45) * DAY_MS),
              ownerId: owner,
            },
          }
        : {}),
    }),
  );
  if (selling) pursue({ id: derivedId(id, 'opportunity'), pipeline, amount, temperature }, chance, act, later, () => now);
  return actions;
}

interface Pursuit {
  readonly id: string;
  readonly pipeline: company.PipelineName;
  readonly amount: { readonly amount: number; readonly currency: string };
  readonly temperature: 'hot' | 'warm' | 'cold';
}

/** An opportunity's way through its pipeline, with steps skipped and steps back, to its end and sometimes to another beginning. */
function pursue(
  { id, pipeline, amount, temperature }: Pursuit,
  chance: Random,
  act: (command: Command) => void,
  later: (days: number) => void,
  now: () => number,
): void {
  const { stages, lossReasons } = company.PIPELINES[pipeline];
  const stageAt = (index: number): (typeof stages)[number] => stages[index] ?? stages[0];
  const stay = { hot: 0.88, warm: 0.8, cold: 0.66 }[temperature];
  let reopened = false;
  for (let stage = 0; ;) {
    const { expectedDays } = stageAt(stage);
    later(expectedDays * 0.7);
    if (chance.chance(0.18)) {
      const spoken = new Date(now()).toISOString();
      act(
        ReviseOpportunity({
          id,
          amount: euros(amount.amount * (0.75 + chance.next() * 0.5)),
          expectedClose: day(now() + 30 * DAY_MS),
          note: `Spoke on ${spoken.slice(0, 10)} at ${spoken.slice(11, 16)}.`,
        }),
      );
    }
    if (!chance.chance(stay)) {
      act(
        LoseOpportunity({
          id,
          ...(chance.chance(0.05) ? { reason: 'other', note: 'Moved to another country.' } : { reason: chance.one(lossReasons) }),
        }),
      );
      if (reopened || !chance.chance(0.07)) return;
      reopened = true;
      later(60);
      act(ReopenOpportunity({ id, note: 'They called again.' }));
    } else if (stage > 0 && chance.chance(0.1)) {
      stage--;
      act(AdvanceOpportunity({ id, stage: stageAt(stage).name }));
    } else {
      stage += chance.chance(0.12) ? 2 : 1;
      if (stage >= stages.length) {
        act(WinOpportunity({ id, ...(chance.chance(0.3) ? { amount: euros(amount.amount * (0.85 + chance.next() * 0.2)) } : {}) }));
        return;
      }
      act(AdvanceOpportunity({ id, stage: stageAt(stage).name }));
    }
  }
}

interface Disqualification {
  readonly reason: (typeof DisqualificationReason)['value'];
  readonly note?: string;
}

const disqualifications: readonly (readonly [Disqualification, number])[] = [
  [{ reason: 'no interest' }, 25],
  [{ reason: 'no budget' }, 20],
  [{ reason: 'unreachable' }, 20],
  [{ reason: 'no need' }, 12],
  [{ reason: 'competitor' }, 8],
  [{ reason: 'duplicate' }, 4],
  [{ reason: 'not serious' }, 6],
  [{ reason: 'other', note: 'A student asking for a thesis.' }, 5],
];

interface Person {
  readonly name: string;
  readonly company: string;
  readonly interest: string;
  readonly email?: string;
  readonly phone?: string;
}

function fictionalPerson(chance: Random): Person {
  const first = chance.one(company.FIRST_NAMES);
  const last = chance.one(company.LAST_NAMES);
  const firm = [company.COMPANY_WORDS, company.COMPANY_TRADES, company.COMPANY_FORMS].map((words) => chance.one(words));
  // .example is nobody's (RFC 2606).
  const email = `${fold(first)}.${fold(last)}@${firm.slice(0, 2).map(fold).join('-')}.example`;
  return {
    name: `${first} ${last}`,
    company: firm.join(' '),
    interest: chance.one(company.INTERESTS),
    ...(chance.chance(0.85) ? { email } : {}),
    ...(chance.chance(0.6) ? { phone: `+40 21 555 ${String(chance.whole(0, 9999)).padStart(4, '0')}` } : {}),
  };
}

function score(temperature: 'hot' | 'warm' | 'cold', chance: Random): number {
  const [low, high] = { hot: [70, 98], warm: [40, 80], cold: [10, 50] }[temperature] as [number, number];
  return chance.whole(low, high);
}

/** Rounded to 10 euros. @param cents any amount */
function euros(cents: number): { readonly amount: number; readonly currency: string } {
  return { amount: Math.round(cents / 1_000) * 1_000, currency: 'EUR' };
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The same or the next working day, at some minute between 7:00 and 17:00 UTC, not before `time`. */
export function workingTime(time: number, chance: Random): number {
  const midnight = Math.floor(time / DAY_MS) * DAY_MS;
  const weekday = new Date(midnight).getUTCDay();
  const skip = weekday === 6 ? 2 : weekday === 0 ? 1 : 0;
  const start = midnight + skip * DAY_MS + 7 * HOUR;
  const end = start + 10 * HOUR;
  if (time >= end) return workingTime(midnight + (skip + 1) * DAY_MS, chance);
  const from = Math.max(time, start);
  return from + Math.floor(chance.next() * Math.min(end - from, 2 * HOUR));
}
