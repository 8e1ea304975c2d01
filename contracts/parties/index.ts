/** The stream types of parties. */
export const streamTypes = {} as const;
