/** The fictional company of the demo: Lumen & Oak furnishes offices in five countries. All people and companies are fictional. */

export const PIPELINES = {
  fitOut: {
    name: 'Office fit-out',
    currency: 'EUR',
    stages: [
      { name: 'Site visit', probability: 15, expectedDays: 10 },
      { name: 'Concept', probability: 35, expectedDays: 21 },
      { name: 'Quote', probability: 55, expectedDays: 14 },
      { name: 'Negotiation', probability: 80, expectedDays: 14 },
    ],
    lossReasons: ['Price', 'Chose a competitor', 'Project cancelled', 'No decision', 'Delivery time'],
    /** The median amount of an opportunity, in cents. */
    amount: 2_400_000,
  },
  furniture: {
    name: 'Furniture orders',
    currency: 'EUR',
    stages: [
      { name: 'Needs', probability: 30, expectedDays: 5 },
      { name: 'Quote', probability: 60, expectedDays: 7 },
      { name: 'Order form', probability: 85, expectedDays: 5 },
    ],
    lossReasons: ['Price', 'Chose a competitor', 'No decision'],
    amount: 380_000,
  },
} as const;

export type PipelineName = keyof typeof PIPELINES;

/** The sellers, weighted by their share of the leads. */
export const SELLERS: readonly (readonly [user: string, weight: number])[] = [
  ['ana.munteanu', 5],
  ['jonas.weber', 5],
  ['chiara.conti', 4],
  ['pavel.dvorak', 3],
  ['ines.duarte', 3],
];

export const MARKETER = 'mara.dinu';
export const MANAGER = 'radu.stan';

/** The origins of leads, weighted by their number. `quality` is the share of leads that are qualified. Some leads have no known origin. */
export const ORIGINS: readonly (readonly [origin: { readonly name: string | undefined; readonly quality: number }, weight: number])[] = [
  [{ name: 'website', quality: 0.32 }, 34],
  [{ name: 'paid search', quality: 0.26 }, 20],
  [{ name: 'referral', quality: 0.62 }, 12],
  [{ name: 'trade fair', quality: 0.4 }, 14],
  [{ name: 'partner', quality: 0.5 }, 8],
  [{ name: 'newsletter', quality: 0.22 }, 8],
  [{ name: undefined, quality: 0.25 }, 4],
];

export const INTERESTS = [
  'standing desks',
  'meeting rooms',
  'acoustic panels',
  'a whole floor',
  'chairs',
  'a reception',
  'storage',
  'moving offices',
];

export const INDUSTRIES = ['software', 'law', 'logistics', 'health', 'education', 'manufacturing', 'finance', 'public service'];

export const FIRST_NAMES = [
  ...['Ioana', 'Andrei', 'Elena', 'Matei', 'Katrin', 'Lukas', 'Hannah', 'Felix', 'Giulia', 'Marco', 'Francesca', 'Luca'],
  ...['Tereza', 'Jakub', 'Lucie', 'Tomáš', 'Beatriz', 'Rui', 'Marta', 'Tiago', 'Ștefan', 'Bianca', 'Moritz', 'Clara'],
];

export const LAST_NAMES = [
  ...['Ionescu', 'Popa', 'Rusu', 'Țurcanu', 'Schmidt', 'Krüger', 'Vogel', 'Hartmann', 'Ricci', 'Moretti', 'Greco', 'Ferri'],
  ...['Novotná', 'Svoboda', 'Horák', 'Kučera', 'Almeida', 'Ferreira', 'Rocha', 'Nunes', 'Dobre', 'Marin', 'Brandt', 'Lang'],
];

export const COMPANY_WORDS = [
  'Alder',
  'Birch',
  'Cobalt',
  'Delta',
  'Ember',
  'Fjord',
  'Granite',
  'Harbour',
  'Indigo',
  'Juniper',
  'Kestrel',
  'Linden',
  'Meridian',
  'Nordic',
  'Opal',
];
export const COMPANY_TRADES = [
  'Analytics',
  'Logistics',
  'Partners',
  'Clinics',
  'Studios',
  'Legal',
  'Foods',
  'Systems',
  'Academy',
  'Energy',
  'Textiles',
  'Media',
];
export const COMPANY_FORMS = ['GmbH', 'SRL', 'SpA', 's.r.o.', 'Lda'];
