import { beforeAll, describe, expect, test } from "vitest";
import { HOOLI, PIED_PIPER } from "../../journeys/logins.ts";
import type { MobileBackend } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { filledIn, type Person } from "../support/person.ts";
import { newCompany, visitor } from "./visits.ts";

const ORIGIN = "https://app.example";
/** Programs of web pages of this origin may call the API, but not our pages. */
const system = localSystem(10, () => ({ settings: { corsOrigins: ORIGIN } }));

let backend: MobileBackend;
let person: Person;
beforeAll(async () => {
  backend = await newCompany(targetOf(system()));
  person = await visitor(backend, { institutionId: HOOLI });
});

const LOGIN = new URLSearchParams({ institutionId: HOOLI, loginId: "gavinBelson", password: "hooli2016" });

describe("every page", () => {
  test.each(["/connect", "/connect/login", "/connect/jobs/none", "/connect/jobs/none/changes"])(
    "is not cached, not framed, runs only its own script, and tells no other site where it was: %s",
    async (path) => {
      const { headers } = await person.send("GET", path);
      const policy = headers.get("content-security-policy")?.split("; ") ?? [];
      expect(policy).toEqual([
        "default-src 'none'",
        expect.stringMatching(/^style-src 'sha256-[\w+/]{43}='$/),
        expect.stringMatching(/^script-src 'sha256-[\w+/]{43}='$/),
        "connect-src 'self'",
        "img-src data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
      ]);
      expect(Object.fromEntries(headers)).toMatchObject({
        "cache-control": "no-store",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "content-type": "text/html; charset=utf-8",
      });
    },
  );
});

describe("a form is refused", () => {
  test.each([
    ["of another site", { origin: "https://evil.example" }],
    ["of a page that the API's own programs may call it from", { origin: ORIGIN }],
    ["of a frame without an origin", { origin: "null" }],
    ["without an origin", { origin: "" }],
    ["of our host on another port", { origin: "http://127.0.0.1:1" }],
  ])("%s", async (_, headers) => {
    for (const path of [
      "/connect/login",
      "/connect/jobs/none/mfa",
      "/connect/jobs/none/cancel",
      "/connect/jobs/none/resume",
    ]) {
      const reply = await person.post(path, LOGIN, headers);
      expect([reply.status, await reply.text()]).toEqual([
        403,
        expect.stringContaining("not come from our page"),
      ]);
    }
    expect(await backend.loginsSent()).toBe(0);
  });

  test.each([
    ["in JSON", "application/json", JSON.stringify(Object.fromEntries(LOGIN)), 415],
    ["in parts", "multipart/form-data; boundary=x", "--x--", 415],
    ["that is larger than any", "application/x-www-form-urlencoded", `loginId=${"a".repeat(17 * 1024)}`, 413],
    ["that is no text", "application/x-www-form-urlencoded", new Uint8Array([0xff, 0xfe]), 400],
  ])("%s", async (_, type, body, status) => {
    const headers = { "content-type": type, origin: new URL(system().apiUrl).origin };
    const reply = await person.send("POST", "/connect/login", { body, headers });
    expect(reply.status).toBe(status);
    expect(await reply.text()).toContain("Something went wrong");
    expect(await backend.loginsSent()).toBe(0);
  });
});

test("a login that is longer than any bank's is refused, and shown again without its secrets", async () => {
  const fields = new URLSearchParams({ ...Object.fromEntries(LOGIN), password: "p".repeat(5_000) });
  const reply = await person.post("/connect/login", fields);
  const text = await reply.text();
  expect([reply.status, text]).toEqual([400, expect.stringContaining("This login is too long")]);
  expect(text).not.toContain("ppp");
  expect(await backend.loginsSent()).toBe(0);
});

test("what a person typed is text in the page, never markup", async () => {
  const fields = new URLSearchParams({
    institutionId: HOOLI,
    loginId: `"><script>alert(1)</script>`,
    password: " ",
  });
  fields.delete("password");
  const text = await (await person.post("/connect/login", fields)).text();
  expect(text).toContain("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(text.match(/<script/g)).toHaveLength(1);
  const found = await person.send("GET", `/connect?q=${encodeURIComponent(`"><script>`)}`);
  expect(await found.text()).not.toContain('"><script>');
});

test("a link to one bank takes a login for no other", async () => {
  const other = await visitor(await newCompany(targetOf(system())), { institutionId: PIED_PIPER });
  const page = await other.open(`/connect/login?institutionId=${HOOLI}`);
  expect(page.heading).toBe("Log in to Pied Piper Bank");
  const form = other.form("Log in");
  const fields = filledIn(form, { Login: "jared", Password: "django" });
  fields.set("institutionId", HOOLI);
  await other.open((await other.post(form.action, fields)).headers.get("location") ?? "");
  await other.untilHeading(/^Enter the code from Pied Piper Bank$/);
});

test.each(["AU99999", "../users", "", "a".repeat(65), "%00"])(
  "a bank that does not exist leads to the list of banks: %j",
  async (id) => {
    const other = await visitor(await newCompany(targetOf(system())));
    const page = await other.open(`/connect/login?${new URLSearchParams({ institutionId: id })}`);
    expect([page.status, page.heading]).toEqual([200, "Choose your bank"]);
  },
);

test("an answer to a question that was not the one on the page is not sent", async () => {
  const company = await newCompany(targetOf(system()));
  const other = await visitor(company, { institutionId: PIED_PIPER });
  await other.submit("Log in", { Login: "jared", Password: "django" });
  await other.untilHeading(/code/);
  const { action } = other.form("Send the answer");
  for (const challenge of ["0", "2", "", "x"]) {
    const reply = await other.post(action, new URLSearchParams({ challenge, answer: "1234" }));
    expect(reply.status).toBe(303);
  }
  expect(await company.answersSent()).toBe(0);
  expect((await other.reload()).heading).toBe("Enter the code from Pied Piper Bank");
});
