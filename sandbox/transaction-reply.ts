import { dateText } from "./data/calendar.ts";
import { enrichment, subClassOf } from "./enrich.ts";
import type { Links } from "./links.ts";
import { type Listed, transactionId } from "./listed-transactions.ts";
import { money } from "./money.ts";

export function transactionReply(listed: Listed, links: Links) {
  const { account, transaction, isPending } = listed;
  const { habit, text, cents, balance, day, postDay } = transaction;
  const { connection, institution, profile } = account;
  const user = `${links.baseUrl}/users/${connection.userId}`;
  const id = transactionId(listed);
  return {
    type: "transaction",
    id,
    status: isPending ? "pending" : "posted",
    description: text,
    reference: "",
    amount: money(cents),
    currency: account.plan.currency,
    account: account.id,
    balance: balance === null ? "" : money(balance),
    direction: directionOf(listed),
    class: habit.class,
    institution: institution.id,
    connection: connection.id,
    enrich: enrichment(cleanText(text), habit.merchant, profile.home),
    transactionDate: instant(day),
    postDate: isPending ? null : instant(postDay),
    subClass: subClassOf(habit.class === "payment" ? habit.merchant : undefined),
    links: {
      self: `${user}/transactions/${id}`,
      account: `${user}/accounts/${account.id}`,
      institution: links.institution(institution.id),
      connection: links.connection(connection),
    },
  };
}

export function directionOf({ transaction: { cents } }: Listed): "debit" | "credit" {
  return cents < 0 ? "debit" : "credit";
}

/** Returns a description without the numbers of cards and the dates of payments. */
export function cleanText(text: string): string {
  return text.replace(/ (?:AUS )?Card xx\d{4}.*$| Value Date:.*$/, "");
}

function instant(day: number): string {
  return `${dateText(day)}T00:00:00Z`;
}
