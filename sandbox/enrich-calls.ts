import type { Outcome, Situation } from "./call.ts";
import type { TransactionClass } from "./data/habit.ts";
import { type Merchant, merchants, statementName } from "./data/merchants.ts";
import { type Place, places } from "./data/places.ts";
import { enrichment } from "./enrich.ts";
import { notSupplied, notValid } from "./refusal.ts";
import { jsonReply } from "./reply.ts";
import { cleanText } from "./transaction-reply.ts";

/** Finds the business and the class of a description. Finds only businesses at which test users buy. */
export function enrich({ call, setting }: Situation): Outcome {
  const text = call.query.get("q") ?? "";
  if (text === "") {
    return {
      refusal: notSupplied([{ detail: "Parameter q is required.", pointer: "query/q", parameter: "q" }]),
    };
  }
  const institution = call.query.get("institution");
  if (institution !== null && !/^(?:AU|NZ)\d{5}$/.test(institution)) {
    return { refusal: notValid("Institution ID is not valid.", "institution", "query/institution") };
  }
  const known: readonly Merchant[] = Object.values(merchants);
  const merchant = known.find((each) => text.toUpperCase().includes(statementName(each)));
  const { category, location, merchant: business } = enrichment(cleanText(text), merchant, placeIn(text));
  const data = merchant === undefined ? {} : { category, location, merchant: business };
  const amount = Number(call.query.get("amount") ?? Number.NaN);
  const body = {
    type: "enrich",
    class: classOf(text),
    direction: directionOf(amount),
    data,
    links: { self: `${setting.baseUrl}/enrich?${call.query}` },
  };
  return { reply: jsonReply(200, body) };
}

function placeIn(text: string): Place {
  const known: readonly Place[] = Object.values(places);
  return known.find(({ suburb }) => text.toUpperCase().includes(suburb.toUpperCase())) ?? places.newtown;
}

function directionOf(amount: number): "credit" | "debit" | "unknown" {
  if (Number.isNaN(amount) || amount === 0) return "unknown";
  return amount < 0 ? "debit" : "credit";
}

const classWords: readonly (readonly [RegExp, TransactionClass])[] = [
  [/refund/i, "refund"],
  [/\bfee\b/i, "bank-fee"],
  [/\batm\b|cash withdrawal/i, "cash-withdrawal"],
  [/interest charged/i, "loan-interest"],
  [/interest/i, "interest"],
  [/loan re ?pay|repayment/i, "loan-repayment"],
  [/salary|payroll|direct credit|pension/i, "direct-credit"],
  [/transfer/i, "transfer"],
];

function classOf(text: string): TransactionClass {
  return classWords.find(([words]) => words.test(text))?.[1] ?? "payment";
}
