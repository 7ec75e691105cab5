import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readBank } from "../../../../functions/aggregators/basiq/replies.ts";
import { unknownState } from "../../../../functions/institutions/domain/state.ts";
import type { Job } from "../../../../functions/jobs/domain/job.ts";
import { Refusal } from "../../../../functions/jobs/domain/refusal.ts";
import { linkPage } from "../../../../functions/links/api/link-page.ts";
import { banksPage, lockedPage, loginPage } from "../../../../functions/page/bank-pages.ts";
import { parseBrand } from "../../../../functions/page/brand.ts";
import { jobPage } from "../../../../functions/page/job-page.ts";
import { LANGUAGES } from "../../../../functions/page/language.ts";
import type { Screen } from "../../../../functions/page/layout.ts";
import { pageHandler } from "../../../../functions/page/page-handler.ts";
import { siteOf } from "../../../../functions/page/site.ts";
import { checkedBrand, MAX_LOGO_BYTES } from "../../../../infra/aws/page-brand.ts";
import { START } from "../../../support/fake-clock.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  jobOf,
  stepsOf,
  WITH_MFA,
} from "../../../support/job-examples.ts";

/*
 * The size of each screen as it is sent, with its headers, under the largest brand that a deployment may have and with long texts of a
 * bank. API Gateway does not compress replies of an HTTP API, and neither do we.
 */

const MOST_BYTES = 20_000;
const MOST_GZIPPED_BYTES = 25_000;

const folder = mkdtempSync(join(tmpdir(), "sizes-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Text in an SVG that no program makes shorter. */
const logo = join(folder, "logo.svg");
const start = '<svg xmlns="http://www.w3.org/2000/svg"><!--';
writeFileSync(
  logo,
  start +
    randomBytes(MAX_LOGO_BYTES)
      .toString("base64")
      .slice(0, MAX_LOGO_BYTES - start.length),
);

const site = siteOf({
  origin: "https://api.example.com",
  appName: "N".repeat(60),
  brand: parseBrand(
    checkedBrand({
      pageLogo: logo,
      pageColour: "#b3261e",
      pageColourDark: "#ff8a80",
      pageSupport: `https://hooli.example/${"s".repeat(178)}`,
      pagePrivacyUrl: `https://hooli.example/${"p".repeat(178)}`,
      pageTermsUrl: `https://hooli.example/${"t".repeat(178)}`,
    }),
  ),
});

const NAME = "The Long Name of the Mutual Bank of Somewhere & Elsewhere";
const LONG = "A text of a bank that explains what its customer has to do now, at some length. ".repeat(4);
const BACK = `hooli-app://banks?state=${"x".repeat(512)}&outcome=cancelled`;
const bank = {
  ...readBank({ id: "AU00006", name: NAME, stage: "live", status: "major-outage", authorization: "user" }),
  needsSecurityCode: true,
  needsSecondaryLoginId: true,
  forgottenPasswordUrl: `https://bank.example/${"x".repeat(100)}`,
};
const banks = Array.from({ length: 1500 }, (_, index) => ({ ...bank, id: `AU${10_000 + index}` }));

const viewOf = (job: Job) => ({
  job,
  bankName: NAME,
  msUntil: () => 119_000,
  back: () => BACK,
  loginForm: "/connect/login?institutionId=AU00006",
  blockedMs: 0,
  bankState: { ...unknownState(job.institutionId), succeededAt: "2999-01-01T00:00:00Z" },
});
const failed = {
  ...stepsOf({ any: "failed" })[0],
  title: "mfa-challenge",
  status: "failed" as const,
  result: { code: "mfa-failed", title: LONG, detail: LONG },
};
const loginOf = (view: object) =>
  loginPage({ bank, isUpdate: false, isChosen: true, typed: {}, problems: {}, back: BACK, ...view });
const asking = (changes: object) =>
  jobPage(viewOf(awaitingJob({ challenge: { ...challengeOf(changes), number: 2, expiresAt: START } })));
const queued = (reason: "ready-for-user" | "challenge-not-answered" | "institution-unavailable") =>
  jobPage(viewOf(jobOf({ phase: "queued", queue: { nextAttemptAt: START, expiresAt: START, reason } })));

const SCREENS: { readonly [name: string]: Screen } = {
  link: linkPage({ action: "update", connectionId: undefined, mobileEnd: "666" }, "consent.example"),
  banks: banksPage({ banks, search: "", back: BACK }),
  "no bank": banksPage({ banks, search: "y".repeat(100), back: BACK }),
  login: loginOf({ typed: { loginId: "i".repeat(100) } }),
  "login with mistakes": loginOf({
    isTooLong: true,
    problems: {
      loginId: "missing",
      password: "missing",
      securityCode: "missing",
      secondaryLoginId: "missing",
    },
  }),
  "new login": loginOf({ isUpdate: true }),
  locked: lockedPage({ bank, blockedMs: 900_000, isChosen: true, back: BACK }),
  running: jobPage(viewOf(followingJob({ steps: stepsOf(WITH_MFA) }))),
  code: asking({ description: LONG }),
  questions: asking({ method: "security-questions", description: LONG, input: [LONG, LONG, LONG] }),
  "unanswered questions": jobPage({
    ...viewOf(
      awaitingJob({
        challenge: { ...challengeOf({ input: [LONG, LONG, LONG] }), number: 1, expiresAt: START },
      }),
    ),
    unanswered: [0, 1, 2],
  }),
  approval: asking({ description: LONG, input: [LONG] }),
  "bank down": queued("institution-unavailable"),
  "bank back": queued("ready-for-user"),
  "not answered": queued("challenge-not-answered"),
  connected: jobPage(
    viewOf(jobOf({ phase: "succeeded", steps: stepsOf({ "verify-credentials": "success" }) })),
  ),
  failed: jobPage(
    viewOf(jobOf({ phase: "failed", steps: [...stepsOf({ "verify-credentials": "success" }), failed] })),
  ),
  "failed and locked": jobPage({
    ...viewOf(jobOf({ phase: "failed", steps: [failed] })),
    blockedMs: 900_000,
  }),
};

const event = (tag: string) => ({
  rawPath: "/connect",
  headers: { "accept-language": tag },
  requestContext: { http: { method: "GET" } },
});

const TAGS = Object.keys(LANGUAGES);
const all = TAGS.flatMap((tag) => Object.keys(SCREENS).map((name) => [tag, name] as const));

test.each(all)(
  "in the language %s, the screen %s is small, and has a value in each place of its texts",
  async (tag, name) => {
    const page = SCREENS[name];
    const reply = await pageHandler(
      "connect-banks",
      async () => ({ status: 200, ...(page && { page }) }),
      () => site,
    )(event(tag));
    const sent = Buffer.byteLength(reply.body) + Buffer.byteLength(JSON.stringify(reply.headers));
    expect([name, sent <= MOST_BYTES ? "small" : sent]).toEqual([name, "small"]);
    expect(gzipSync(reply.body).length).toBeLessThanOrEqual(MOST_GZIPPED_BYTES);
    const { title, body } = page?.({ tag, words: LANGUAGES[tag] ?? LANGUAGES.en, app: "Hooli" }) ?? {};
    expect(`${title}${body}`).not.toMatch(/\{\w+\}|undefined|null/);
    expect(reply.headers).toMatchObject({ "content-language": tag, vary: "accept-language" });
    expect(reply.body).toContain(`<html lang="${tag}">`);
  },
);

test.each(TAGS)("in the language %s, refusals are small, and name the support", async (tag) => {
  const refuse = () => Promise.reject(new Refusal({ reason: "rate-exceeded", retryAfterSeconds: 90 }));
  const reply = await pageHandler("connect-banks", refuse, () => site)(event(tag));
  expect(reply.statusCode).toBe(429);
  expect(
    Buffer.byteLength(reply.body) + Buffer.byteLength(JSON.stringify(reply.headers)),
  ).toBeLessThanOrEqual(MOST_BYTES);
  expect(reply.body).toContain(LANGUAGES[tag]?.refusals["rate-exceeded"].title);
  expect(reply.body).toContain("https://hooli.example/sss");
});
