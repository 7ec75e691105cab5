import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Person } from "../support/person.ts";
import { connectHooli, openConsentUi, RETURN_URL, USER } from "./visitor.ts";

const client = { scope: "CLIENT_ACCESS", userId: USER } as const;

test.each([
  ["no token", 401, "invalid-authorization-token", async () => ""],
  ["an unknown token", 401, "invalid-authorization-token", async () => "x".repeat(43)],
  ["a token of a server", 403, "forbidden-access", (bank) => bank.newToken({ userId: USER }, "3.0")],
  ["a token of no user", 400, "missing-attributes", (bank) => bank.newToken({ scope: client.scope }, "3.0")],
  ["a token of version 2.1", 403, "forbidden-access", (bank) => bank.newToken(client, "2.1")],
  [
    "an expired token",
    403,
    "access-denied",
    async (bank) => {
      const token = await bank.newToken(client, "3.0");
      bank.pass(3_600_000);
      return token;
    },
  ],
] as [string, number, string, (bank: Awaited<ReturnType<typeof openConsentUi>>) => Promise<string>][])(
  "%s opens nothing, and gives no consent",
  async (_, status, code, tokenFor) => {
    const bank = await openConsentUi();
    const token = await tokenFor(bank);
    const page = await new Person(bank.url).open(`/home?${new URLSearchParams({ token })}`);
    expect([page.status, page.forms, page.links]).toEqual([status, [], []]);
    expect(page.html).toContain(`<code>${code}</code>`);
    const body = new URLSearchParams({ token, step: "consent" });
    expect((await fetch(`${bank.url}/home`, { method: "POST", body })).status).toBe(status);
    const token30 = await bank.newToken({}, "3.0");
    expect((await bank.send("GET", `/users/${USER}/consents`, { token: token30 })).status).toBe(404);
  },
);

test.each([
  [{ action: "payment" }, 400, "The action is not one of the Consent UI."],
  [{ institutionId: "AU99999" }, 404, "Requested institution does not exist."],
  [{ connectionId: "nobody" }, 404, "Requested connection does not exist."],
])("an address with %o is refused in words", async (parameters, status, words) => {
  const bank = await openConsentUi();
  const person = await bank.visit(parameters);
  expect([person.page.status, person.page.alerts]).toEqual([status, [words]]);
});

test.each([
  ["login", { action: "connect", institutionId: "AU00000", loginId: "jared", password: "django" }],
  ["login", { institutionId: "AU00000", loginId: "jared", password: "django" }],
  ["revoke", { action: "connect" }],
  ["anything", {}],
])("a form %s that its page did not show does nothing", async (step, fields) => {
  const bank = await openConsentUi();
  const token = await bank.newToken(client, "3.0");
  const body = new URLSearchParams({ token, step, ...fields });
  const { status } = await fetch(`${bank.url}/home`, { method: "POST", body });
  expect(status).toBeGreaterThanOrEqual(400);
  expect([await bank.jobsOf(), await bank.consents()]).toEqual([[], []]);
});

test("jobs of others are taken back by nobody", async () => {
  const bank = await openConsentUi();
  const person = await bank.agreed({}, "user-2");
  const foreign = await connectHooli(bank, person);
  const visitor = await bank.visit({ jobIds: `${foreign},nobody`, jobId: foreign });
  expect([visitor.page.heading, visitor.link("Cancel")]).toEqual(["Share your data", RETURN_URL]);
});

test("every page says that it is no bank, forbids scripts and frames, and shows what comes from outside as text", async () => {
  const bank = await openConsentUi();
  const attack = '"><script>alert(1)</script>';
  const person = await bank.visit({ state: attack, institutionId: "AU00000" });
  const pages = [person.page];
  pages.push(await person.submit("I agree"));
  pages.push(await person.submit("Continue", { Login: attack, Password: attack }));
  pages.push((await bank.visit({ action: attack, state: attack })).page);
  for (const { html, headers } of pages) {
    expect(html).toContain("This is not a bank.");
    expect(html).not.toContain("<script");
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    expect(policy).not.toContain("script-src");
    expect([headers.get("referrer-policy"), headers.get("cache-control")]).toEqual([
      "no-referrer",
      "no-store",
    ]);
  }
});

test("the sandbox stores and shows no login, no answer and no token of a page", async () => {
  const folder = await mkdtemp(join(tmpdir(), "consent-ui-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const bank = await openConsentUi({ dataFile: join(folder, "state.json") });
  const person = await bank.agreed({ institutionId: "AU00002" });
  await person.submit("Continue", { Login: "canary-login", Password: "canary-password" });
  expect(person.page.html).not.toContain("canary");
  bank.pass(2_000);
  await person.reload();
  await person.press("Try again");
  await person.submit("Continue", { Login: "jared", Password: "django" });
  bank.pass(2_000);
  await person.reload();
  await person.submit("Continue", { "OTP Password": "canary-answer" });
  expect(person.page.html).not.toContain("canary");
  const token = new URL(person.page.url).searchParams.get("token") ?? "";
  const ledger = JSON.stringify(await bank.ledger());
  for (const text of [await bank.stored(), ledger]) {
    expect(text.length).toBeGreaterThan(100);
    for (const secret of ["canary", "django", token]) expect(text).not.toContain(secret);
  }
  expect(ledger).toContain('"/home"');
});

test("an application without a redirect address gets no way back, until a control call sets one", async () => {
  const bank = await openConsentUi({ consentReturnUrl: undefined });
  const person = await bank.visit();
  expect(person.page.links).toEqual([]);
  for (const body of [{ returnUrl: "javascript:alert(1)" }, { returnUrl: 1 }, { policy: 0 }, { other: 1 }]) {
    expect((await bank.control("PUT", "/consent-ui", body)).status).toBe(400);
  }
  await bank.control("PUT", "/consent-ui", { returnUrl: "https://app.example/back?a=1" });
  await bank.control("PUT", "/consent-ui", { policy: 3 });
  expect((await bank.visit({ state: "s" })).link("Cancel")).toBe("https://app.example/back?a=1&state=s");
  await bank.control("DELETE", "");
  expect((await bank.visit()).page.links).toEqual([]);
});
