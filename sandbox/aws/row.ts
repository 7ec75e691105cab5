export type RowKey = { readonly pk: string; readonly sk: string };

/** One entity of the state as a row of the table. */
export type Row = RowKey & {
  readonly value: unknown;
  /** Changes with each write. */
  readonly version: string;
  /** The number of the call that created the row. Rows of a kind are sorted by age with it. */
  readonly order: number;
};

/**
 * Days of retention for tokens and calls. An expired token is refused as expired, not as unknown, for one day. Calls are not
 * retained longer, because strangers can make calls too.
 */
const fewDays = 2;
const days = 30;

/**
 * The kinds of rows, and the number of days for which each is retained after its last write. Users, and rows that the control
 * API writes, do not expire.
 */
const kinds = {
  faults: {},
  condition: {},
  "consent-ui": {},
  user: {},
  connection: { days },
  consent: { days },
  report: { days },
  /** Counts how often an institution has received a login. Does not contain the login. */
  login: { days },
  /** The user id of a job. */
  owner: { days },
  job: { days },
  "access-token": { days: fewDays },
  call: { days: fewDays },
} as const satisfies Record<string, { days?: number }>;
export type Kind = keyof typeof kinds;

export type NewRow = RowKey & { readonly kind: Kind; readonly value: unknown };

export function daysToLive(kind: Kind): number | undefined {
  const { days: given }: { days?: number } = kinds[kind];
  return given;
}

export const controlPk = "control";
export const ledgerPk = "ledger";
export const userPk = (userId: string) => `user#${userId}`;
const tokenPk = (digest: string) => `access-token#${digest}`;

export const userKey = (userId: string): RowKey => ({ pk: userPk(userId), sk: skOf("user", userId) });

export const skOf = (kind: Kind, id: string) => `${kind}#${id}`;
export const ownerKey = (jobId: string): RowKey => ({ pk: `job#${jobId}`, sk: skOf("owner", jobId) });
export const tokenKey = (digest: string): RowKey => ({
  pk: tokenPk(digest),
  sk: skOf("access-token", digest),
});
/** The row that numbers calls. It is not part of the state. */
export const counterKey: RowKey = { pk: "counter", sk: "calls" };

export function keyText({ pk, sk }: RowKey): string {
  return `${pk} ${sk}`;
}

/**
 * Whether a reset retains the row. The counter is retained, so that numbers are never reused and rows from before a reset
 * never collide with rows from after it. Tokens stay valid.
 */
export function outlivesReset({ pk }: RowKey): boolean {
  return pk === counterKey.pk || pk.startsWith(tokenPk(""));
}
