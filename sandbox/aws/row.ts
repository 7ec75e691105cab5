export type RowKey = { readonly pk: string; readonly sk: string };

/** An entity of the state as it is in the table. */
export type Row = RowKey & {
  readonly value: unknown;
  /** Another one after each write. */
  readonly version: string;
  /** The number of the call that made it: rows of a kind are older or newer by it. */
  readonly order: number;
};

/** An expired token is told from an unknown one for a day. Calls are strangers' too, and are not kept for longer. */
const fewDays = 2;
const days = 30;

/** What the rows are, and how many days each is kept after its last write. What the control side sets stays. */
const kinds = {
  faults: {},
  condition: {},
  connection: { days },
  /** How often an institution has seen it, not what it is. */
  login: { days },
  /** Whose a job is. */
  owner: { days },
  job: { days },
  token: { days: fewDays },
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
const tokenPk = (digest: string) => `token#${digest}`;

export const skOf = (kind: Kind, id: string) => `${kind}#${id}`;
export const ownerKey = (jobId: string): RowKey => ({ pk: `job#${jobId}`, sk: skOf("owner", jobId) });
export const tokenKey = (digest: string): RowKey => ({ pk: tokenPk(digest), sk: skOf("token", digest) });
/** Where calls are numbered, which is no part of the state. */
export const counterKey: RowKey = { pk: "counter", sk: "calls" };

export function keyText({ pk, sk }: RowKey): string {
  return `${pk} ${sk}`;
}

/** Numbers are never given twice, so that what was made before a reset cannot meet what is made after it. */
export function outlivesReset({ pk }: RowKey): boolean {
  return pk === counterKey.pk || pk.startsWith(tokenPk(""));
}
