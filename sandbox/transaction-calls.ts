import { accountsOf } from "./bank-account.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import { dateText } from "./data/calendar.ts";
import { transactionClasses } from "./data/habit.ts";
import type { Properties } from "./filter.ts";
import { linksFor } from "./links.ts";
import { findTransaction, type Listed, listedAfter } from "./listed-transactions.ts";
import { readPage } from "./page.ts";
import { notFound } from "./refusal.ts";
import { jsonReply } from "./reply.ts";
import { directionOf, transactionReply } from "./transaction-reply.ts";

const conditions = ["eq", "ne"] as const;

const properties: Properties<Listed> = {
  "account.id": { conditions, read: ({ account }) => account.id },
  "connection.id": { conditions, read: ({ account }) => account.connection.id },
  "institution.id": { conditions, read: ({ account }) => account.institution.id },
  "transaction.postDate": {
    conditions: ["eq", "bt", "gt", "gteq", "lt", "lteq"],
    read: ({ isPending, transaction }) => (isPending ? "" : dateText(transaction.postDay)),
    isDate: true,
  },
  "transaction.status": {
    conditions,
    read: ({ isPending }) => (isPending ? "pending" : "posted"),
    values: ["pending", "posted"],
  },
  "transaction.direction": { conditions, read: directionOf, values: ["debit", "credit"] },
  "transaction.class": {
    conditions,
    read: ({ transaction }) => transaction.habit.class,
    values: transactionClasses,
  },
};

/** Lists transactions, at most 500 in a reply. As published, `size` is how many a page may have. */
export function listTransactions(situation: Situation, { userId }: Params): Outcome {
  const { state, call, now } = situation;
  const accounts = accountsOf(state, userId, now);
  const page = readPage(call, properties, (after) => listedAfter(accounts, after));
  if ("refusal" in page) return page;
  const links = linksFor(situation);
  const data = page.entries.map((entry) => transactionReply(entry, links));
  const self = `${links.baseUrl}/users/${userId}/transactions`;
  const next = page.next === undefined ? {} : { next: `${self}?next=${page.next}` };
  const body = { type: "list", count: data.length, size: page.limit, data, links: { self, ...next } };
  return { reply: jsonReply(200, body) };
}

export function getTransaction(situation: Situation, { userId, transactionId }: Params): Outcome {
  const { state, now } = situation;
  const listed = findTransaction(accountsOf(state, userId, now), transactionId);
  if (listed === undefined) return { refusal: notFound("transaction") };
  return { reply: jsonReply(200, transactionReply(listed, linksFor(situation))) };
}
