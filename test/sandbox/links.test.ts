import { expect, test } from "vitest";
import { connected, gavin, type OpenSandbox, openSandbox } from "./open-sandbox.ts";

function addressesIn(bank: OpenSandbox, value: unknown): string[] {
  if (typeof value === "string") return value.startsWith(bank.url) ? [value.slice(bank.url.length)] : [];
  return typeof value === "object" && value !== null
    ? Object.values(value).flatMap((each) => addressesIn(bank, each))
    : [];
}

/** Follows one link of each kind. */
test.each(["2.1", "3.0"])("every link of a reply of version %s leads to a reply", async (version) => {
  const bank = await openSandbox();
  await connected(bank, "AU00000", gavin);
  if (version === "2.1") await bank.send("POST", "/users/user-1/affordability", { body: {} });
  const token = await bank.newToken({}, version);
  const inTwo = [
    "/institutions",
    "/public/institutions",
    "/users/user-1/identities",
    "/users/user-1/affordability",
  ];
  const shared = [
    "/users/user-1",
    "/users/user-1/connections",
    "/users/user-1/jobs",
    "/users/user-1/accounts",
  ];
  const start = [
    ...shared,
    "/users/user-1/transactions?limit=2",
    "/connectors",
    ...(version === "2.1" ? inTwo : []),
  ];
  const waiting = [...start];
  const seen = new Set<string>();
  for (const path of waiting) {
    const kind = path.replace(/[0-9a-f-]{36}|AU\d{5}|next=.*/g, "*");
    if (seen.has(kind)) continue;
    seen.add(kind);
    const { status, text, headers } = await bank.send("GET", path, { token });
    expect([path, status]).toEqual([path, 200]);
    if (headers.get("content-type") === "application/json")
      waiting.push(...addressesIn(bank, JSON.parse(text)));
  }
  expect(seen.size).toBeGreaterThan(start.length);
});
