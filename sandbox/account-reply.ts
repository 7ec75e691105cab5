import type { BankAccount } from "./bank-account.ts";
import { dateText } from "./data/calendar.ts";
import { endOfNumber } from "./data/history.ts";
import { digitsFrom } from "./data/random.ts";
import { shortNameOf } from "./institutions.ts";
import type { Links } from "./links.ts";
import { money } from "./money.ts";
import { timestamp } from "./timestamp.ts";

/** Returns an account as an entry of its connection. */
export function accountEntry(account: BankAccount, { baseUrl }: Links) {
  const { id, plan, history, connection } = account;
  const user = `${baseUrl}/users/${connection.userId}`;
  return {
    type: "account",
    id,
    accountNo: numberOf(account),
    name: plan.name,
    currency: plan.currency,
    class: { type: plan.type, product: productOf(account) },
    balance: history.balance === null ? null : money(history.balance),
    availableFunds: availableFunds(account),
    lastUpdated: timestamp(account.readAt),
    status: "available",
    links: {
      self: `${user}/accounts/${id}`,
      transactions: `${user}/transactions?filter=account.id.eq('${id}')`,
    },
  };
}

export function accountReply(account: BankAccount, links: Links) {
  const { plan, profile, connection, institution } = account;
  const entry = accountEntry(account, links);
  return {
    ...entry,
    creditLimit: plan.creditLimit === undefined ? null : money(plan.creditLimit),
    accountHolder: profile.fullName.toUpperCase(),
    accountOwnership: "ONE_PARTY",
    isOwned: true,
    institution: institution.id,
    connection: connection.id,
    transactionIntervals: intervalsOf(account),
    links: {
      ...entry.links,
      institution: links.institution(institution.id),
      connection: links.connection(connection),
    },
  };
}

export function productOf({ institution, plan }: BankAccount): string {
  return `${shortNameOf(institution)} ${plan.product}`;
}

function numberOf({ seed, plan }: BankAccount): string {
  const end = endOfNumber(seed, plan.key);
  if (plan.type === "credit-card") return `xxxx-xxxx-xxxx-${end}`;
  return `600${digitsFrom(`${seed}/bsb`, 3)}-${digitsFrom(`${seed}/${plan.key}`, 5)}${end}`;
}

/** Unlike the balance, the funds include pending transactions and a credit limit. */
export function availableFunds({ plan, history: { balance, pending } }: BankAccount): string | null {
  if (balance === null) return null;
  return money(pending.reduce((sum, { cents }) => sum + cents, balance + (plan.creditLimit ?? 0)));
}

function intervalsOf({ history: { posted } }: BankAccount) {
  const [first, last] = [posted.at(0), posted.at(-1)];
  return first === undefined || last === undefined
    ? []
    : [{ from: dateText(first.postDay), to: dateText(last.postDay) }];
}
