import type { BankAccount } from "./bank-account.ts";
import type { BankTransaction } from "./data/history.ts";
import { idFrom } from "./data/random.ts";

/** A transaction and its place in the list of all transactions of a user. */
export type Listed = {
  readonly account: BankAccount;
  readonly transaction: BankTransaction;
  readonly isPending: boolean;
  /** How many transactions of the same kind the account had before. */
  readonly index: number;
};

/** The last transaction of a page. Later transactions of its account have a higher index, so it names the same place always. */
export type Place = { readonly account: string; readonly isPending: boolean; readonly index: number };

/** Lists transactions in the published order: by account, first the pending ones, then the posted ones, newest first. */
export function* listedAfter(accounts: readonly BankAccount[], place?: Place): Generator<Listed> {
  const start = place === undefined ? 0 : accounts.findIndex(({ id }) => id === place.account);
  if (start < 0) return;
  for (const account of accounts.slice(start)) {
    const from = place?.account === account.id ? place : undefined;
    if (from?.isPending !== false) yield* newestFirst(account, true, from?.index);
    yield* newestFirst(account, false, from?.isPending === false ? from.index : undefined);
  }
}

function* newestFirst(account: BankAccount, isPending: boolean, before?: number): Generator<Listed> {
  const list = isPending ? account.history.pending : account.history.posted;
  for (let index = Math.min(before ?? list.length, list.length) - 1; index >= 0; index--) {
    const transaction = list[index];
    if (transaction !== undefined) yield { account, transaction, isPending, index };
  }
}

/** Returns the id of a transaction. As published, a pending transaction gets another id with each refresh. */
export function transactionId({ account, isPending, index }: Omit<Listed, "transaction">): string {
  const base = baseOf(account, isPending);
  const masked = (Number.parseInt(base.slice(24, 30), 16) ^ index).toString(16).padStart(6, "0");
  return `${base.slice(0, 24)}${masked}${base.slice(30)}`;
}

function baseOf({ id, readAt }: BankAccount, isPending: boolean): string {
  return idFrom(`${id}/${isPending ? `pending/${readAt}` : "posted"}`);
}

export function findTransaction(accounts: readonly BankAccount[], id: string): Listed | undefined {
  for (const account of accounts) {
    for (const isPending of [true, false]) {
      const base = baseOf(account, isPending);
      const index = Number.parseInt(base.slice(24, 30), 16) ^ Number.parseInt(id.slice(24, 30), 16);
      const list = isPending ? account.history.pending : account.history.posted;
      const transaction = list[index];
      const found = { account, isPending, index };
      if (transaction !== undefined && transactionId(found) === id) return { ...found, transaction };
    }
  }
  return undefined;
}
