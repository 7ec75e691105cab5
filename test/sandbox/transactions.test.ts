import { describe, expect, inject, test } from "vitest";
import { connected, day, gavin, jared, type OpenSandbox, openSandbox, stepMs } from "./open-sandbox.ts";
import { type TransactionReply, transactionListShape, transactionShape } from "./reply-shapes.ts";

const path = "/users/user-1/transactions";

/** The emulated table is slow, and pages do not depend on it. */
const many = inject("sandbox") === "deployed" ? 3_000 : 50_000;

test(`${many} transactions are read to the last page without a repeat or a gap`, async () => {
  const bank = await openSandbox();
  expect((await bank.control("PUT", "/users/user-1", { transactions: many })).status).toBe(200);
  await connected(bank, "AU00000", jared);
  const ids = new Set<string>();
  const posted: TransactionReply[] = [];
  let pages = 0;
  for (let next: string | undefined = path; next !== undefined; pages++) {
    const page: ReturnType<typeof transactionListShape.parse> = JSON.parse(
      (await bank.send("GET", next)).text,
    );
    expect(page.count === 500 || page.links.next === undefined).toBe(true);
    for (const each of page.data) {
      ids.add(each.id);
      if (each.status === "posted") posted.push(each);
    }
    next = page.links.next?.slice(bank.url.length);
  }
  expect(ids.size).toBeGreaterThan(many);
  expect(pages).toBe(Math.ceil(ids.size / 500));
  const gaps = posted.filter(({ account, balance, amount }, index) => {
    const older = posted[index + 1];
    return (
      older?.account === account && Math.abs(Number(older.balance) + Number(amount) - Number(balance)) > 0.001
    );
  });
  expect(gaps).toEqual([]);
});

test.each([{}, { transactions: 0 }, { transactions: 100_001 }, { transactions: "many" }])(
  "a control call cannot ask for %o",
  async (body) => {
    const bank = await openSandbox();
    expect((await bank.control("PUT", "/users/user-1", body)).status).toBe(400);
    expect((await bank.control("PUT", "/users/a_b", { transactions: 1 })).status).toBe(404);
  },
);

describe("a list of transactions", () => {
  test("has pages of the limit, and the address of the next one keeps the filter", async () => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", gavin);
    const filter = encodeURIComponent("transaction.class.eq('payment'),transaction.direction.eq('debit')");
    const first = await bank.expectReply(
      transactionListShape,
      200,
      "GET",
      `${path}?limit=7&filter=${filter}`,
    );
    expect([first.count, first.size]).toEqual([7, 7]);
    const next = first.links.next?.slice(bank.url.length) ?? "";
    const second = await bank.expectReply(transactionListShape, 200, "GET", next);
    const all = await bank.transactions();
    const expected = all.filter((each) => each.class === "payment" && each.direction === "debit");
    expect([...first.data, ...second.data]).toEqual(expected.slice(0, 14));
  });

  test.each([
    ["transaction.status.eq('pending')", (each: TransactionReply) => each.status === "pending"],
    ["transaction.direction.eq('credit')", (each: TransactionReply) => Number(each.amount) > 0],
    ["transaction.class.ne('payment')", (each: TransactionReply) => each.class !== "payment"],
    ["institution.id.ne('AU00000')", () => false],
    [
      "transaction.postDate.bt('2025-11-03','2025-11-07')",
      ({ postDate }: TransactionReply) => postDate !== null && /2025-11-0[3-7]/.test(postDate),
    ],
    [
      "transaction.postDate.gt('2025-12-24')",
      (each: TransactionReply) => (each.postDate ?? "") > "2025-12-25",
    ],
    [
      "transaction.postDate.lteq('2024-08-01T00:00:00Z')",
      ({ postDate }: TransactionReply) => postDate !== null && postDate < "2024-08-02",
    ],
  ])("is filtered by %s", async (filter, keep) => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", gavin);
    const all = await bank.transactions();
    const expected = all.filter(keep);
    expect(await bank.transactions(`?filter=${encodeURIComponent(filter)}`)).toEqual(expected);
    expect(expected.length < all.length).toBe(true);
  });

  const words = "The provided filter parameter is in invalid format or unsupported";
  test.each([
    ["filter=transaction.amount.gt('5')", words],
    ["filter=transaction.postDate.gt('yesterday')", words],
    ["filter=transaction.postDate.bt('2025-01-01')", words],
    ["filter=transaction.class.eq('gift')", words],
    ["limit=0", "Limit must be a whole number from 1 to 500."],
    ["limit=501", "Limit must be a whole number from 1 to 500."],
    ["next=bf1ec9d4", "The next parameter is not one that this list has returned."],
  ])("is refused with %s", async (query, detail) => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", gavin);
    expect(await bank.refused(400, "GET", `${path}?${query}`)).toMatchObject([
      { code: "parameter-not-valid", detail },
    ]);
  });
});

describe("a transaction", () => {
  test("is read by its id, posted or pending, with its business", async () => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", jared);
    const all = await bank.transactions();
    const pending = all.filter(({ status }) => status === "pending");
    const payment = all.find((each) =>
      each.description.startsWith("BEAN STREET CAFE BRUNSWICK VIC AUS Card xx"),
    );
    for (const each of [pending[0], all.at(-1), payment]) {
      if (each === undefined) continue;
      expect(await bank.expectReply(transactionShape, 200, "GET", `${path}/${each.id}`)).toEqual(each);
    }
    expect(payment).toMatchObject({
      subClass: { code: "451", title: "Cafes, Restaurants and Takeaway Food Services" },
      enrich: {
        cleanDescription: "BEAN STREET CAFE BRUNSWICK VIC",
        category: {
          anzsic: { division: { code: "H" }, class: { code: "4511", title: "Cafes and Restaurants" } },
        },
        location: { suburb: "Brunswick", state: "VIC", postalCode: "3056" },
        merchant: { businessName: "Bean Street Cafe" },
      },
    });
    expect(await bank.refused(404, "GET", `${path}/none`)).toMatchObject([
      { detail: "Requested transaction does not exist." },
    ]);
  });

  const postedIn = (all: readonly TransactionReply[]) => all.filter(({ status }) => status === "posted");

  async function refreshedAfter(bank: OpenSandbox, days: number, id: string) {
    bank.pass(days * day);
    const token = await bank.newToken();
    await bank.send("POST", `/users/user-1/connections/${id}/refresh`, { token });
    bank.pass(3 * stepMs);
    return token;
  }

  test("stays as it is when a refresh reads newer ones, and a pending one gets another id", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00000", gavin);
    const before = await bank.transactions();
    bank.pass(50 * 60_000);
    expect(await bank.transactions()).toEqual(before);
    await bank.refresh(id);
    bank.pass(3 * stepMs);
    const sameDay = await bank.transactions();
    expect(postedIn(sameDay)).toEqual(postedIn(before));
    const pendingIds = (all: readonly TransactionReply[]) =>
      all.filter(({ status }) => status === "pending").map((each) => each.id);
    expect(pendingIds(before)).not.toEqual([]);
    expect(pendingIds(sameDay)).toHaveLength(pendingIds(before).length);
    expect(pendingIds(sameDay).filter((each) => pendingIds(before).includes(each))).toEqual([]);
  });

  test("is on one page only, also when a refresh reads newer ones between two pages", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00000", gavin);
    const before = postedIn(await bank.transactions());
    const first = await bank.expectReply(transactionListShape, 200, "GET", `${path}?limit=300`);
    const token = await refreshedAfter(bank, 3, id);
    const seen = first.data.map((each) => each.id);
    for (let next = first.links.next; next !== undefined; ) {
      const page = transactionListShape.parse(
        JSON.parse((await bank.send("GET", next.slice(bank.url.length), { token })).text),
      );
      seen.push(...page.data.map((each) => each.id));
      next = page.links.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((each) => !seen.includes(each.id))).toEqual([]);
  });
});
