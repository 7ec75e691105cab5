import { expect, test } from "vitest";
import * as z from "zod";
import { connected } from "../../journeys/calls.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";

const TRANSACTIONS = 50_000;
const system = localSystem(100);

const page = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      account: z.string(),
      amount: z.string(),
      balance: z.string(),
      postDate: z.nullable(z.string()),
    }),
  ),
  links: z.object({ next: z.optional(z.string()) }),
});
const accounts = z.object({
  data: z.array(z.object({ id: z.string(), transactionIntervals: z.array(z.object({ from: z.string() })) })),
});
type Entry = z.infer<typeof page>["data"][number];

const cents = (amount: string) => Math.round(Number(amount) * 100);

/** Reads all pages, as a client that follows `links.next`. */
async function transactionsOf(backend: MobileBackend): Promise<Entry[]> {
  const { apiUrl } = backend.target;
  const all: Entry[] = [];
  let path: string | undefined = `/users/${backend.userId}/transactions?limit=500`;
  while (path !== undefined) {
    const { data, links } = page.parse((await backend.call("GET", path)).json);
    all.push(...data);
    path = links.next?.slice(apiUrl.length);
  }
  return all;
}

test("a user with 50,000 transactions is read to the last page, without a repeat and without a gap", async () => {
  const backend = new MobileBackend(targetOf(system()));
  await backend.control("PUT", `users/${backend.userId}`, { transactions: TRANSACTIONS });
  await connected(backend, HOOLI, LOGINS.gavin);
  const all = await transactionsOf(backend);
  expect(all.length).toBeGreaterThanOrEqual(TRANSACTIONS);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);

  const { data } = accounts.parse((await backend.call("GET", `/users/${backend.userId}/accounts`)).json);
  const posted = Map.groupBy(
    all.filter(({ status }) => status === "posted"),
    ({ account }) => account,
  );
  for (const { id, transactionIntervals } of data) {
    const newestFirst = posted.get(id) ?? [];
    expect(newestFirst.at(-1)?.postDate?.slice(0, 10)).toBe(transactionIntervals[0]?.from);
    const isGap = newestFirst.map(({ balance, amount }, index) => {
      const older = newestFirst[index + 1];
      return older !== undefined && cents(balance) - cents(amount) !== cents(older.balance);
    });
    expect(isGap.indexOf(true)).toBe(-1);
  }
});
