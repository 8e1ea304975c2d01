/** Field declarations and field kinds. */
export { Choice } from './choice.js';
export { List, Nested } from './composite.js';
export { changes, pick, Field, type Fields, type OpenField, type Given, type None, type Of, type Whole } from './field.js';
export { Id, patterns, Ref, User, Uuid } from './id.js';
export { Currency, MoneyField, type Money } from './money.js';
export { Decimal, Flag, Int } from './number.js';
export type { AnyField, AnyFields } from './kind.js';
export { OneOf } from './one-of.js';
export { Email, Language, Month, Phone, Text, WebSite } from './text.js';
export { Day, Instant } from './time.js';
