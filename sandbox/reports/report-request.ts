import * as z from "zod/mini";
import type { BankAccount } from "../bank-account.ts";
import type { Call } from "../call.ts";
import { dayOf, monthStart, monthText } from "../data/calendar.ts";
import { readObject } from "../json-body.ts";
import { notValid, type Refusal } from "../refusal.ts";
import type { Report } from "../state.ts";

const month = z.string().check(z.refine((text) => /^\d{4}-(?:0[1-9]|1[0-2])$/.test(text)));
const body = z.object({
  fromMonth: z.optional(month),
  toMonth: z.optional(month),
  accounts: z.optional(z.array(z.string())),
});

/** Without a first month, a report covers 13 months. */
const monthsBefore = 12;

export type ReportRequest = Pick<Report, "fromMonth" | "toMonth" | "accounts">;

/** Reads and validates the body of a request for a report. An empty body asks for all accounts and the last 13 months. */
export function readReportRequest(
  call: Call,
  accounts: readonly BankAccount[],
  now: number,
): ReportRequest | { readonly refusal: Refusal } {
  const read = call.body?.trim() === "" ? { value: {} } : readObject(call);
  if ("refusal" in read) return read;
  const parsed = body.safeParse(read.value);
  if (!parsed.success) return { refusal: invalid(String(parsed.error.issues[0]?.path[0] ?? "body")) };
  const { fromMonth, toMonth = monthText(dayOf(now)), accounts: asked = null } = parsed.data;
  const from = fromMonth ?? monthText(monthStart(dayOf(Date.parse(`${toMonth}-01`)), -monthsBefore));
  if (from > toMonth) return { refusal: invalid("fromMonth") };
  const isKnown = asked === null || asked.every((id) => accounts.some((account) => account.id === id));
  return isKnown ? { fromMonth: from, toMonth, accounts: asked } : { refusal: invalid("accounts") };
}

function invalid(parameter: string): Refusal {
  return notValid(`${parameter} is not valid.`, parameter);
}
