import { accountReply } from "./account-reply.ts";
import { accountsOf, type BankAccount } from "./bank-account.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import { type Properties, readFilter } from "./filter.ts";
import { linksFor } from "./links.ts";
import { notFound } from "./refusal.ts";
import { jsonReply } from "./reply.ts";

const conditions = ["eq", "ne"] as const;

const properties: Properties<BankAccount> = {
  "account.id": { conditions, read: ({ id }) => id },
  "connection.id": { conditions, read: ({ connection }) => connection.id },
  "institution.id": { conditions, read: ({ institution }) => institution.id },
};

export function listAccounts(situation: Situation, { userId }: Params): Outcome {
  const { state, call, now, setting } = situation;
  const filter = readFilter(call.query.get("filter"), properties);
  if ("refusal" in filter) return filter;
  const links = linksFor(situation);
  const data = accountsOf(state, userId, now)
    .filter(filter.matches)
    .map((account) => accountReply(account, links));
  const self = `${setting.baseUrl}/users/${userId}/accounts`;
  return { reply: jsonReply(200, { type: "list", data, links: { self } }) };
}

export function getAccount(situation: Situation, { userId, accountId }: Params): Outcome {
  const account = accountsOf(situation.state, userId, situation.now).find(({ id }) => id === accountId);
  if (account === undefined) return { refusal: notFound("account") };
  return { reply: jsonReply(200, accountReply(account, linksFor(situation))) };
}
