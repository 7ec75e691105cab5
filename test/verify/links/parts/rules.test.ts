import { describe, expect, test } from "vitest";
import { Refusal } from "../../../../functions/jobs/domain/refusal.ts";
import { Secret } from "../../../../functions/jobs/domain/secret.ts";
import { upstreamJobsIn } from "../../../../functions/links/api/requests.ts";
import { consentUiAddress, nonceOf, stateOf } from "../../../../functions/links/domain/consent-ui.ts";
import {
  browserCookie,
  sessionCookie,
  setBrowserCookie,
  setSessionCookie,
} from "../../../../functions/links/domain/cookies.ts";
import { hashOf } from "../../../../functions/links/domain/hashes.ts";
import { type Link, mobileEndOf } from "../../../../functions/links/domain/link.ts";
import { outcomeOf } from "../../../../functions/links/domain/outcome.ts";
import { isOfBrowser, isReturnUrl } from "../../../../functions/links/domain/return-urls.ts";
import {
  returnAddress,
  type Session,
  sessionKeyIn,
  sessionOf,
} from "../../../../functions/links/domain/session.ts";
import { openLink, pressed } from "../../../../functions/links/domain/use-link.ts";
import { newRandom } from "../../../../functions/links/store/random.ts";
import { START } from "../../../support/fake-clock.ts";

const at = (minutes: number) => new Date(Date.parse(START) + minutes * 60_000);
const browser = newRandom(32);
const other = newRandom(32);
const LINK: Link = {
  hash: hashOf(new Secret("id")),
  userId: "ea3a81",
  action: null,
  mobileEnd: "",
  createdAt: START,
  validUntil: at(30).toISOString(),
  jobIds: [],
  returns: [],
  version: 1,
};
const USED = pressed(LINK, browser, at(89));
const reasonOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof Refusal ? error.problems[0].reason : error;
  }
  return "opens";
};

describe("a link opens", () => {
  const ENDED = { hash: LINK.hash, endedAt: START };
  test.each<[string, Parameters<typeof openLink>, unknown]>([
    ["for anybody until somebody uses it", [LINK, undefined, at(29)], "opens"],
    ["not at its end", [LINK, browser, at(30)], "link-over"],
    ["not if there is none", [undefined, browser, at(0)], "link-not-found"],
    ["not after it was replaced or deleted", [ENDED, browser, at(0)], "link-over"],
    ["for the browser that used it, also after its end", [USED, browser, at(88)], "opens"],
    ["for that browser not after its session", [USED, browser, at(89)], "link-over"],
    ["for no other browser", [USED, other, at(29)], "link-used"],
    ["for no browser without a cookie", [USED, undefined, at(29)], "link-used"],
  ])("%s", (_, given, expected) => {
    expect(reasonOf(() => openLink(...given))).toBe(expected);
  });

  test("with the session that it had, if it is pressed again", () => {
    expect(pressed(USED, browser, at(120))).toBe(USED);
    expect(USED.use).toEqual({ browserHash: hashOf(browser), sessionUntil: at(89).toISOString() });
  });
});

describe("a session", () => {
  const key = { linkHash: LINK.hash, browser };
  const { session } = sessionOf(USED, key, at(88));

  test("belongs to the browser that has pressed, for an hour", () => {
    expect(session).toMatchObject({ linkHash: LINK.hash, userId: "ea3a81", expiresAt: at(89).toISOString() });
    for (const [link, one, minutes] of [
      [USED, { browser: other }, 88],
      [USED, key, 89],
      [LINK, key, 0],
      [undefined, key, 0],
      [{ hash: LINK.hash, endedAt: START }, key, 0],
    ] as const) {
      expect(reasonOf(() => sessionOf(link, one, at(minutes)))).toBe("session-not-valid");
    }
  });

  test("has states that are valid for it alone", () => {
    const nonce = newRandom(16);
    const state = stateOf(session, key, nonce).reveal();
    expect(nonceOf(state, session, key)).toBe(nonce.reveal());
    const foreign: [Session, { linkHash: string; browser: Secret }][] = [
      [session, { ...key, browser: other }],
      [{ ...session, userId: "other" }, key],
      [{ ...session, linkHash: hashOf(other) }, key],
      [{ ...session, expiresAt: at(90).toISOString() }, key],
    ];
    for (const [of, by] of foreign) expect(reasonOf(() => nonceOf(state, of, by))).toBe("state-not-valid");
    for (const text of [undefined, "", `${state} `, state.slice(1), state.replace(".", "")]) {
      expect(reasonOf(() => nonceOf(text, session, key))).toBe("state-not-valid");
    }
  });

  test("leads to the Consent UI with what the company asked for, and nothing absent", () => {
    const secrets = { token: new Secret("a+b/c="), state: new Secret("n.m") };
    const address = (changes: Partial<Session>) =>
      consentUiAddress("https://consent.example/home", { ...session, ...changes }, secrets).reveal();
    expect(address({})).toBe("https://consent.example/home?token=a%2Bb%2Fc%3D&state=n.m");
    expect(new URL(address({ action: "update", connectionId: "c-1" })).search).toBe(
      "?token=a%2Bb%2Fc%3D&action=update&state=n.m&connectionId=c-1",
    );
  });
});

describe("cookies", () => {
  const key = { linkHash: LINK.hash, browser };
  const reader = (headers: string[]) => ({
    cookie: (name: string) => headers.map((one) => one.split(/[=;]/)).find(([found]) => found === name)?.[1],
  });

  test.each([
    [
      "https://api.example",
      /^__Host-link-(browser|session)=[\w.-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
    ],
    [
      "http://127.0.0.1:3000",
      /^link-(browser|session)=[\w.-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
    ],
  ])("of %s are read as they were set, and only those", (apiUrl, form) => {
    const set = [setBrowserCookie(browser, apiUrl), setSessionCookie(key, apiUrl)];
    for (const one of set) expect(one).toMatch(form);
    expect(browserCookie(reader(set), apiUrl)?.reveal()).toBe(browser.reveal());
    expect(sessionKeyIn(sessionCookie(reader(set), apiUrl))).toEqual(key);
    const elsewhere = apiUrl.startsWith("https:") ? "http://127.0.0.1:3000" : "https://api.example";
    expect(browserCookie(reader(set), elsewhere)).toBeUndefined();
    expect(sessionCookie(reader(set), elsewhere)).toBeUndefined();
  });
});

describe("an address to return to", () => {
  test.each([
    ["https://app.example/back", "https://app.example/back?jobIds=a,b&state=x%20y%26&outcome=succeeded"],
    [
      "https://app.example/back?from=bank",
      "https://app.example/back?from=bank&jobIds=a,b&state=x%20y%26&outcome=succeeded",
    ],
    ["https://app.example/#/back", "https://app.example/?jobIds=a,b&state=x%20y%26&outcome=succeeded#/back"],
    ["hooli-money:back", "hooli-money:back?jobIds=a,b&state=x%20y%26&outcome=succeeded"],
  ])("%s stays as it was written", (returnUrl, expected) => {
    const jobs = [{ id: "a" }, { id: "b" }];
    expect(returnAddress({ returnUrl, state: "x y&" }, jobs, "succeeded")?.replace("%2C", ",")).toBe(
      expected,
    );
    expect(returnAddress({ state: "x" }, jobs, "succeeded")).toBeUndefined();
    expect(returnAddress({ returnUrl: "https://app.example/" }, [], "cancelled")).toBe(
      "https://app.example/?outcome=cancelled",
    );
  });

  test.each([
    ["https://app.example/back", true, true],
    ["HTTP://localhost:4000/", true, true],
    ["http://[::1]:4000/", true, true],
    ["com.example.app:/back", true, false],
    ["http://127.0.0.1.app.example/", false, true],
    ["java\tscript:alert(1)", false, false],
    ["vbscript:x", false, false],
    ["about:blank", false, false],
    ["//app.example/", false, false],
    ["https://app.example@evil.example/", false, true],
    ["https://", false, true],
    ["https://app.example/a,b", false, true],
  ])("%s may be one: %o", (text, isOne, isWeb) => {
    expect([isReturnUrl(text), isOfBrowser(text)]).toEqual([isOne, isWeb]);
  });
});

test.each([
  [[], true, "cancelled"],
  [[], false, "failed"],
  [["succeeded"], false, "succeeded"],
  [["succeeded", "failed"], false, "failed"],
  [["succeeded", "queued"], false, "queued"],
  [["succeeded", "following"], false, "in-progress"],
] as const)("jobs that are %o went: %o", (phases, isCancelled, expected) => {
  expect(
    outcomeOf(
      phases.map((phase) => ({ phase })),
      isCancelled,
    ),
  ).toBe(expected);
});

test("of a mobile, the last three digits are shown, and none of a number that is too short", () => {
  expect(["+61 410 888 666", "12345", "", "000-001"].map(mobileEndOf)).toEqual(["666", "", "", "001"]);
});

test("jobs are named in every published way, each once, and what is no id is dropped", () => {
  expect(upstreamJobsIn("jobIds=1,2&jobId=3&jobIds=2&jobId=&jobIds=..,a%2Fb,%00,4&other=5")).toEqual([
    "1",
    "2",
    "4",
    "3",
  ]);
  expect(upstreamJobsIn("")).toEqual([]);
});
