/** Names in constant case, for codes and enum values. */

/** `campaignMember` or `no answer` as `CAMPAIGN_MEMBER` or `NO_ANSWER`. */
export function constantCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
}
