import { describe, expect, test } from "vitest";
import * as z from "zod";
import { connected, connectionPath, gavin, jared, openSandbox, stepMs } from "./open-sandbox.ts";

const user = "/users/user-1";
const richard = { loginId: "richard", password: "tabsnotspaces" };

const months = { fromMonth: z.string(), toMonth: z.string(), coverageDays: z.int(), id: z.uuidv4() };
const change = z.object({ amount: z.string(), date: z.string() });
const series = z.object({
  source: z.string(),
  frequency: z.string(),
  noOccurrences: z.int().optional(),
  changeHistory: z.array(change),
});
const monthly = z.object({ avgMonthly: z.string(), changeHistory: z.array(change) });
const incomeShape = z.object({
  ...months,
  type: z.literal("income"),
  regular: z.array(series),
  irregular: z.array(series),
  otherCredit: z.array(series),
  summary: z.object({ regularIncomeAvg: z.string() }),
});
const expensesShape = z.object({
  ...months,
  type: z.literal("expenses"),
  bankFees: monthly,
  externalTransfers: monthly,
  payments: z.array(
    z.object({
      division: z.string(),
      percentageTotal: z.number(),
      subCategory: z.array(z.object({ changeHistory: z.array(change) })),
    }),
  ),
});
const affordabilityShape = z.object({
  ...months,
  type: z.literal("affordability"),
  summary: z.record(z.string(), z.unknown()),
  assets: z.array(z.object({ balance: z.string() })),
  liabilities: z.object({
    credit: z.array(z.object({ balance: z.string() })),
    loan: z.array(z.object({ balance: z.string() })),
  }),
  external: z.array(z.object({ source: z.string() })),
  links: z.object({
    self: z.string(),
    income: z.string(),
    expenses: z.string(),
    accounts: z.array(z.string()),
  }),
});

const cents = (amounts: readonly { amount: string }[]) =>
  amounts.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0);

describe("a report", () => {
  test("on expenses adds up to the payments of its months, and nothing else", async () => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", jared);
    const body = { fromMonth: "2025-03", toMonth: "2025-08" };
    const report = await bank.expectReply(expensesShape, 200, "POST", `${user}/expenses`, { body });
    const all = (await bank.transactions()).filter(
      ({ postDate }) => postDate !== null && postDate > "2025-03" && postDate < "2025-09",
    );
    const paid = report.payments.flatMap((each) => each.subCategory.flatMap((sub) => sub.changeHistory));
    expect(cents(paid)).toBe(cents(all.filter((each) => each.class === "payment")));
    expect(cents(report.bankFees.changeHistory)).toBe(cents(all.filter((each) => each.class === "bank-fee")));
    expect(report.externalTransfers.changeHistory).toEqual([]);
    const percent = report.payments.reduce((sum, { percentageTotal }) => sum + percentageTotal, 0);
    expect(Math.abs(percent - 100)).toBeLessThan(0.1);
    expect(report.coverageDays).toBeLessThanOrEqual(184);
  });

  test("on income separates regular, irregular and other credits", async () => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", jared);
    await connected(bank, "AU00004", { loginId: "Gilfoyle", password: "PiedPiper" });
    const report = await bank.expectReply(incomeShape, 200, "POST", `${user}/income`, { body: {} });
    const shown = (list: readonly z.infer<typeof series>[]) =>
      list.map(({ source, frequency }) => `${frequency}: ${source}`);
    expect(shown(report.regular)).toContain("monthly: platform payroll salary");
    expect(shown(report.irregular)).toEqual(["irregular: fast payment systems consulting client"]);
    expect(shown(report.otherCredit)).toContain("quarterly: dividend distribution");
    const wages = (await bank.transactions()).filter(
      ({ description, postDate }) => description.includes("PLATFORM PAYROLL") && (postDate ?? "") > "2025-01",
    );
    const found = report.regular.find(({ source }) => source === "platform payroll salary");
    expect(found?.changeHistory.map(({ amount }) => amount)).toEqual(wages.map(({ amount }) => amount));
    expect([report.fromMonth, report.toMonth]).toEqual(["2025-01", "2026-01"]);
  });

  test("on affordability agrees with the accounts, and has an income and an expenses report", async () => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", richard);
    const report = await bank.expectReply(affordabilityShape, 200, "POST", `${user}/affordability`, {
      body: {},
    });
    const accounts = await bank.accounts();
    const { credit, loan } = report.liabilities;
    expect([...report.assets, ...credit, ...loan].map(({ balance }) => balance).toSorted()).toEqual(
      accounts.map(({ balance }) => balance).toSorted(),
    );
    const net = accounts.reduce((sum, { balance }) => sum + Number(balance), 0).toFixed(2);
    expect(report.summary).toMatchObject({ netPosition: net, creditLimit: "8000.00" });
    expect(report.external.map(({ source }) => source).toSorted()).toEqual([
      "four instalments",
      "payday advance",
    ]);
    const [income, expenses] = [report.links.income, report.links.expenses].map((link) =>
      link.slice(bank.url.length),
    );
    await bank.expectReply(incomeShape, 200, "GET", income ?? "");
    await bank.expectReply(expensesShape, 200, "GET", expenses ?? "");
    const [listed] = JSON.parse((await bank.send("GET", `${user}/affordability`)).text).data;
    expect(listed).toMatchObject({ id: report.id, institutions: ["AU00000"] });
  });

  test("stays as it was when later jobs read newer transactions", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00000", gavin);
    const { text } = await bank.send("POST", `${user}/affordability`, { body: {} });
    bank.pass(24 * 3_600_000);
    const token = await bank.newToken();
    await bank.send("POST", `${connectionPath(id)}/refresh`, { token });
    bank.pass(3 * stepMs);
    const report = JSON.parse(text);
    const again = await bank.send("GET", `${user}/affordability/${report.id}`, { token });
    expect(JSON.parse(again.text)).toEqual(report);
  });

  test("can be about some accounts only, and its transactions are read page by page", async () => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", jared);
    const [account] = await bank.accounts();
    const body = { fromMonth: "2025-05", accounts: [account?.id] };
    const report = await bank.expectReply(affordabilityShape, 200, "POST", `${user}/affordability`, { body });
    expect(report.links.accounts).toEqual([account?.links.self]);
    const found: string[] = [];
    const path = `${user}/affordability/${report.id}/transactions`;
    for (let next: string | undefined = `${path}?limit=150`; next !== undefined; ) {
      const page = JSON.parse((await bank.send("GET", next)).text);
      for (const entry of page.data) found.push(String(entry.id));
      next = page.links.next?.slice(bank.url.length);
    }
    const filter = encodeURIComponent(
      `account.id.eq('${account?.id}'),transaction.postDate.gteq('2025-05-01')`,
    );
    expect(found).toEqual((await bank.transactions(`?filter=${filter}`)).map(({ id }) => id));
  });

  test.each(["affordability", "income", "expenses"])(
    "on %s is 204 without transactions in its months",
    async (kind) => {
      const bank = await openSandbox();
      expect((await bank.send("POST", `${user}/${kind}`, { body: {} })).status).toBe(204);
      await connected(bank, "AU00000", jared);
      const body = { fromMonth: "2020-01", toMonth: "2020-03" };
      expect((await bank.send("POST", `${user}/${kind}`, { body })).status).toBe(204);
      expect(await bank.refused(404, "GET", `${user}/${kind}/none`)).toMatchObject([
        { detail: `Requested ${kind} does not exist.` },
      ]);
    },
  );

  test.each([
    [{ fromMonth: "2025-13" }, "fromMonth"],
    [{ fromMonth: "2025-09", toMonth: "2025-08" }, "fromMonth"],
    [{ toMonth: 5 }, "toMonth"],
    [{ accounts: ["none"] }, "accounts"],
  ])("is refused for %o", async (body, parameter) => {
    const bank = await openSandbox();
    expect(await bank.refused(400, "POST", `${user}/income`, { body })).toMatchObject([
      { code: "parameter-not-valid", source: { parameter } },
    ]);
  });
});

describe("GET /enrich", () => {
  test.each([
    ["BEAN STREET CAFE FITZROY VIC AUS Card xx1234", "payment", "451", "Fitzroy"],
    ["Direct Debit BRIGHTWAVE ENERGY 5512", "payment", "264", undefined],
    ["ATM Withdrawal 41", "cash-withdrawal", undefined, undefined],
    ["Direct Credit 41 CIVIL WORKS PAYROLL", "direct-credit", undefined, undefined],
  ])("describes %s as the transactions do", async (text, name, group, suburb) => {
    const bank = await openSandbox();
    const { text: reply } = await bank.send("GET", `/enrich?q=${encodeURIComponent(text)}&amount=-5`);
    const { class: found, direction, data } = JSON.parse(reply);
    expect([found, direction]).toEqual([name, "debit"]);
    expect([data.category?.anzsic.group.code, data.location?.suburb]).toEqual([group, suburb]);
  });

  test.each([
    ["", "parameter-not-supplied"],
    ["?q=x&institution=Hooli", "parameter-not-valid"],
  ])("refuses the query %s", async (query, code) => {
    const bank = await openSandbox();
    expect(await bank.refused(400, "GET", `/enrich${query}`)).toMatchObject([{ code }]);
  });
});

test.each(["identities", "identitites"])(
  "the %s of a user are its names and contacts at its banks",
  async (word) => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", gavin);
    const { data, count } = JSON.parse((await bank.send("GET", `${user}/${word}`)).text);
    expect([count, data[0].fullName, data[0].emails]).toEqual([
      1,
      "Gavin Belson",
      ["gavin.belson@example.com"],
    ]);
    const path = data[0].links.self.slice(bank.url.length);
    expect(path).toBe(`${user}/${word}/${data[0].id}`);
    expect(JSON.parse((await bank.send("GET", path)).text)).toEqual(data[0]);
    await bank.refused(404, "GET", `${user}/${word}/none`);
  },
);
