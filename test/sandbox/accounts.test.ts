import { describe, expect, test } from "vitest";
import { connected, connectionPath, customers, gavin, openSandbox, stepMs } from "./open-sandbox.ts";
import { type AccountReply, accountShape, type TransactionReply } from "./reply-shapes.ts";

const cents = (amount: string | null) => Math.round(Number(amount) * 100);

let read: ReturnType<typeof readEverybody> | undefined;

/** Returns the data of all test users, which is read once for all tests. */
function everybody() {
  read ??= readEverybody();
  return read;
}

/** Opens a sandbox in which each test user is connected, by a user of its own. */
async function readEverybody() {
  const bank = await openSandbox();
  for (const [index, [institution, login]] of customers.entries()) {
    await bank.create(institution, login, `user-${index}`);
  }
  bank.pass(3 * stepMs);
  const users = customers.map(async (_, index) => ({
    accounts: await bank.accounts("", `user-${index}`),
    transactions: await bank.transactions("", `user-${index}`),
  }));
  return Promise.all(users);
}

const of = (account: AccountReply, transactions: readonly TransactionReply[], status: string) =>
  transactions.filter((each) => each.account === account.id && each.status === status);

describe("the accounts of all test users", () => {
  test("have every published class and currency, and their transactions have every class", async () => {
    const users = await everybody();
    const accounts = users.flatMap((user) => user.accounts);
    expect(new Set(accounts.map((account) => account.class.type))).toEqual(
      new Set([
        ...["transaction", "savings", "credit-card", "mortgage", "loan", "investment", "term-deposit"],
        ...["insurance", "foreign", "unknown"],
      ]),
    );
    expect(new Set(accounts.map(({ currency }) => currency))).toEqual(new Set(["AUD", "USD", "GBP"]));
    const transactions = users.flatMap((user) => user.transactions);
    expect(new Set(transactions.map((transaction) => transaction.class))).toEqual(
      new Set([
        ...["bank-fee", "payment", "cash-withdrawal", "transfer", "loan-interest", "refund", "direct-credit"],
        ...["interest", "loan-repayment"],
      ]),
    );
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(accounts.length);
    expect(new Set(transactions.map(({ id }) => id)).size).toBe(transactions.length);
  });

  test("add up: each balance follows from the one before, and the funds from the balance", async () => {
    for (const { accounts, transactions } of await everybody()) {
      for (const account of accounts) {
        const posted = of(account, transactions, "posted");
        const pending = of(account, transactions, "pending");
        expect(posted.length > 0 || account.balance === null).toBe(true);
        expect(account.balance).toBe(posted[0]?.balance ?? null);
        for (const [index, { amount, balance }] of posted.slice(0, -1).entries()) {
          expect(cents(balance)).toBe(cents(posted[index + 1]?.balance ?? null) + cents(amount));
        }
        const held = pending.reduce((sum, { amount }) => sum + cents(amount), 0);
        const funds = cents(account.balance) + cents(account.creditLimit) + held;
        expect(cents(account.availableFunds)).toBe(funds);
        const dates = posted.map(({ postDate }) => postDate?.slice(0, 10) ?? "");
        expect(dates).toEqual(dates.toSorted().reverse());
        const interval = { from: dates.at(-1), to: dates[0] };
        expect(account.transactionIntervals).toEqual(posted.length === 0 ? [] : [interval]);
      }
      const oldest = transactions.map(({ transactionDate }) => transactionDate).toSorted()[0] ?? "";
      expect(oldest < "2024-07-15T00:00:00Z").toBe(true);
    }
  });

  test("show each transfer between two of them on both sides", async () => {
    let matched = 0;
    for (const { transactions } of await everybody()) {
      const sent = transactions.filter(({ description }) => description.startsWith("Transfer to xx"));
      for (const { amount, postDate, account } of sent) {
        const other = transactions.filter(
          (each) =>
            each.postDate === postDate &&
            each.account !== account &&
            each.description.startsWith("Transfer from xx") &&
            cents(each.amount) === -cents(amount),
        );
        expect(other).not.toHaveLength(0);
        matched++;
      }
    }
    expect(matched).toBeGreaterThan(50);
  });
});

describe("an account", () => {
  test("appears when its job has read it, and its transactions when its job has read them", async () => {
    const bank = await openSandbox();
    await bank.create("AU00000", gavin);
    const counts = async () => [(await bank.accounts()).length, (await bank.transactions()).length > 0];
    bank.pass(2 * stepMs - 1);
    expect(await counts()).toEqual([0, false]);
    bank.pass(1);
    expect(await counts()).toEqual([7, false]);
    bank.pass(stepMs);
    expect(await counts()).toEqual([7, true]);
    const [account] = await bank.accounts();
    expect(account?.lastUpdated).toBe("2026-01-05T09:00:04Z");
    expect(account?.accountHolder).toBe("GAVIN BELSON");
    const path = `/users/user-1/accounts/${account?.id}`;
    expect(await bank.expectReply(accountShape, 200, "GET", path)).toEqual(account);
    const connection = await bank.connection(account?.connection ?? "");
    expect(connection.accounts.data.map(({ id }) => id)).toEqual((await bank.accounts()).map(({ id }) => id));
    expect(await bank.refused(404, "GET", "/users/user-1/accounts/none")).toMatchObject([
      { detail: "Requested account does not exist." },
    ]);
  });

  test("is the same in every sandbox for the same user, and another one for another user", async () => {
    const shown = async (userId: string) => {
      const bank = await openSandbox();
      await bank.create("AU00000", gavin, userId);
      bank.pass(3 * stepMs);
      const transactions = await bank.transactions("?limit=500", userId);
      return transactions.map(({ id, description, amount }) => [id, description, amount]);
    };
    expect(await shown("user-1")).toEqual(await shown("user-1"));
    expect(await shown("user-1")).not.toEqual(await shown("user-2"));
  });

  test("is filtered by its id, its connection and its institution", async () => {
    const bank = await openSandbox();
    await connected(bank, "AU00000", gavin);
    const second = await connected(bank, "AU00004", gavin);
    const all = await bank.accounts();
    const found = async (filter: string) =>
      (await bank.accounts(`?filter=${encodeURIComponent(filter)}`)).map(({ id }) => id);
    const ids = (keep: (account: AccountReply) => boolean) => all.filter(keep).map(({ id }) => id);
    expect(await found(`account.id.eq('${all[1]?.id}')`)).toEqual([all[1]?.id]);
    expect(await found(`connection.id.ne('${second}')`)).toEqual(ids((each) => each.connection !== second));
    expect(await found("institution.id.eq('AU00004')")).toEqual(
      ids((each) => each.institution === "AU00004"),
    );
  });

  test("stays when its connection is deleted, and belongs to the next one of the same login", async () => {
    const bank = await openSandbox();
    const first = await connected(bank, "AU00000", gavin);
    const before = await bank.accounts();
    await bank.send("DELETE", connectionPath(first));
    expect(await bank.accounts()).toEqual(before);
    const second = await connected(bank, "AU00000", gavin);
    const after = await bank.accounts();
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(new Set(after.map(({ connection }) => connection))).toEqual(new Set([second]));
  });

  test("is gone after a purge, until a refresh reads it again", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00000", gavin);
    const before = await bank.accounts();
    const token = await bank.newToken({}, "3.0");
    await bank.send("POST", `${connectionPath(id)}/purge`, { token });
    expect([await bank.accounts(), await bank.transactions()]).toEqual([[], []]);
    bank.pass(1);
    await bank.refresh(id);
    bank.pass(3 * stepMs);
    expect((await bank.accounts()).map((account) => account.id)).toEqual(before.map((account) => account.id));
  });

  test("is another one when the connection gets another login", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00000", gavin);
    bank.pass(stepMs);
    await bank.update(id, { loginId: "jared", password: "django" });
    expect(await bank.accounts()).toEqual([]);
    bank.pass(3 * stepMs);
    expect(new Set((await bank.accounts()).map((account) => account.accountHolder))).toEqual(
      new Set(["JARED DUNN"]),
    );
  });
});
