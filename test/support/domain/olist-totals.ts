/** The totals of the Olist funnel as ../shared/data/README.md has them: computed from the files with no code of this project. */

/** Leads by origin; the empty origin under ''. */
export const REGISTERED_BY_ORIGIN: Readonly<Record<string, number>> = {
  'organic search': 2_296,
  'paid search': 1_586,
  social: 1_350,
  unknown: 1_099,
  'direct traffic': 499,
  email: 493,
  referral: 284,
  other: 150,
  display: 118,
  'other publicities': 65,
  '': 60,
};

/** Deals by the origin of their lead. */
export const WON_BY_ORIGIN: Readonly<Record<string, number>> = {
  'organic search': 271,
  'paid search': 195,
  social: 75,
  unknown: 179,
  'direct traffic': 56,
  email: 15,
  referral: 24,
  other: 4,
  display: 6,
  'other publicities': 3,
  '': 14,
};

export const WON_BY_MONTH: Readonly<Record<string, number>> = {
  '2017-12': 3,
  '2018-01': 73,
  '2018-02': 113,
  '2018-03': 147,
  '2018-04': 207,
  '2018-05': 122,
  '2018-06': 57,
  '2018-07': 37,
  '2018-08': 33,
  '2018-09': 23,
  '2018-10': 21,
  '2018-11': 6,
};
