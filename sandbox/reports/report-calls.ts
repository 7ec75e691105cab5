import { accountsOf } from "../bank-account.ts";
import type { Outcome, Params, Situation } from "../call.ts";
import { linksFor } from "../links.ts";
import { type Listed, listedAfter } from "../listed-transactions.ts";
import { readPage } from "../page.ts";
import { notFound } from "../refusal.ts";
import { jsonReply, noContent } from "../reply.ts";
import type { Report, ReportKind, State } from "../state.ts";
import { timestamp } from "../timestamp.ts";
import { transactionReply } from "../transaction-reply.ts";
import { affordabilityOf } from "./affordability.ts";
import { expensesOf } from "./expenses.ts";
import { incomeOf } from "./income.ts";
import { isIn, type ReportData, reportData } from "./report-data.ts";
import { readReportRequest } from "./report-request.ts";

/** Makes a report. An affordability report has an income report and an expenses report of its own. */
export function createReport(kind: ReportKind) {
  return (situation: Situation, { userId }: Params): Outcome => {
    const { state, call, now, setting } = situation;
    const request = readReportRequest(call, accountsOf(state, userId, now), now);
    if ("refusal" in request) return request;
    const newReport = (ofKind: ReportKind, parts: readonly string[] = []): Report => ({
      ...{ id: setting.newId(), userId, kind: ofKind, parts: [...parts], createdAt: now },
      ...request,
    });
    const parts = kind === "affordability" ? [newReport("income"), newReport("expenses")] : [];
    const report = newReport(
      kind,
      parts.map(({ id }) => id),
    );
    const data = reportData(state, report);
    if (data.entries.length === 0) return { reply: noContent };
    const reports = new Map([
      ...state.reports,
      ...[...parts, report].map((each) => [each.id, each] as const),
    ]);
    return { reply: jsonReply(200, render(situation, data)), change: { reports } };
  };
}

export function getReport(kind: ReportKind) {
  return (situation: Situation, params: Params): Outcome => {
    const report = findReport(situation.state, params, kind);
    if (report === undefined) return { refusal: notFound(kind) };
    return { reply: jsonReply(200, render(situation, reportData(situation.state, report))) };
  };
}

export function listAffordability(situation: Situation, { userId }: Params): Outcome {
  const data = [...situation.state.reports.values()]
    .filter((report) => report.userId === userId && report.kind === "affordability")
    .map((report) => {
      const found = reportData(situation.state, report);
      const institutions = new Set(found.accounts.map(({ institution }) => institution.id));
      const { accounts: _, ...links } = linksOf(situation, found);
      return { ...head(found), generatedDate: generated(report), institutions: [...institutions], links };
    });
  const self = `${situation.setting.baseUrl}/users/${userId}/affordability`;
  return { reply: jsonReply(200, { type: "list", data, links: { self } }) };
}

/** Lists the transactions of an affordability report, in pages. */
export function listReportTransactions(situation: Situation, params: Params): Outcome {
  const { state, call } = situation;
  const report = findReport(state, params, "affordability");
  if (report === undefined) return { refusal: notFound("affordability") };
  const { accounts } = reportData(state, report);
  const page = readPage(call, {}, function* (after): Generator<Listed> {
    for (const entry of listedAfter(accounts, after)) if (isIn(report, entry)) yield entry;
  });
  if ("refusal" in page) return page;
  const links = linksFor(situation);
  const data = page.entries.map((entry) => {
    const { enrich: _, connection: __, ...reply } = transactionReply(entry, links);
    const { account, institution } = reply.links;
    return { ...reply, links: { account, institution } };
  });
  const self = `${addressOf(situation, report)}/transactions`;
  const next = page.next === undefined ? {} : { next: `${self}?next=${page.next}` };
  const body = { type: "list", count: data.length, size: page.limit, data, links: { self, ...next } };
  return { reply: jsonReply(200, body) };
}

function findReport(state: State, { userId, reportId }: Params, kind: ReportKind): Report | undefined {
  const report = state.reports.get(reportId);
  return report?.userId === userId && report.kind === kind ? report : undefined;
}

function render(situation: Situation, data: ReportData) {
  const links = linksOf(situation, data);
  switch (data.report.kind) {
    case "income":
      return { ...head(data), ...incomeOf(data), links };
    case "expenses":
      return { ...head(data), ...expensesOf(data), links };
    case "affordability":
      return { ...head(data), generatedDate: generated(data.report), ...affordabilityOf(data), links };
  }
}

function head({ report: { kind, id, fromMonth, toMonth }, coverageDays }: ReportData) {
  return { type: kind, id, fromMonth, toMonth, coverageDays };
}

function generated({ createdAt }: Report): string {
  return timestamp(createdAt).slice(0, -1);
}

function linksOf(situation: Situation, { report, accounts }: ReportData) {
  const user = `${situation.setting.baseUrl}/users/${report.userId}`;
  const [income, expenses] = report.parts;
  return {
    self: addressOf(situation, report),
    accounts: accounts.map(({ id }) => `${user}/accounts/${id}`),
    ...(income === undefined ? {} : { income: `${user}/income/${income}` }),
    ...(expenses === undefined ? {} : { expenses: `${user}/expenses/${expenses}` }),
  };
}

function addressOf({ setting }: Situation, { userId, kind, id }: Report): string {
  return `${setting.baseUrl}/users/${userId}/${kind}/${id}`;
}
