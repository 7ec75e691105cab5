import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { list, page, succeeded } from "../../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { Elsewhere } from "../adopt/elsewhere.ts";
import type { Person } from "../support/person.ts";
import type { ShownPage } from "../support/shown-page.ts";
import { newBrowser } from "./browser.ts";
import { newLink, newUser, postLink } from "./links.ts";

const CONSENT_UI = "https://consent.example/home";
const WEB = "https://app.example/back?from=bank";
const APP = "hooli-money://back";
const settings = {
  upstreamVersion: "3.0",
  consentUiUrl: CONSENT_UI,
  returnUrls: `${WEB},${APP}`,
  appName: "Hooli Money",
};
/** A session lasts for 6 minutes. */
const system = localSystem(10, () => ({ settings }));

const STATE_NOT_VALID = [400, "We cannot show this page"];
const NO_SESSION = [403, "Please start again from the app"];
const seen = ({ status, title }: { status: number; title: string }) => [status, title];

/** A person with a link in a browser, and what the person does at the aggregator. */
async function person(wanted: object = {}) {
  const made = new MobileBackend(targetOf(system()));
  const backend = new MobileBackend(targetOf(system()), await newUser(made));
  const link = await newLink(backend, backend.userId, wanted);
  const browser = newBrowser(system().apiUrl);
  return { backend, browser, link: link.links.public, elsewhere: new Elsewhere(backend) };
}

/** The address of the Consent UI to which a page has led. */
function consentUi({ status, location = "" }: ShownPage): URL {
  expect(status).toBe(303);
  return new URL(location);
}

async function stateOf(browser: Person, link: string): Promise<string> {
  return consentUi(await browser.use(link)).searchParams.get("state") ?? "";
}

const wayBack = (state: string, query = "") => `/consent/return?${query}&state=${encodeURIComponent(state)}`;

describe("the button", () => {
  test("leads to the Consent UI with a new token of the user, and hides the way", async () => {
    const { backend, browser, link } = await person({ institutionId: HOOLI });
    const shown = await browser.open(link);
    expect(shown.html).toContain("The next page is at <strong>consent.example</strong>");
    expect(shown.headers.get("content-security-policy")).toContain(
      "form-action 'self' https://consent.example;",
    );
    expect(shown.headers.get("referrer-policy")).toBe("same-origin");
    const pressed = [await browser.submitTo(link), await browser.submitTo(link)];
    expect(pressed.map(({ headers }) => headers.get("referrer-policy"))).toEqual([
      "no-referrer",
      "no-referrer",
    ]);
    const [first, second] = pressed.map(consentUi);
    expect([first?.origin, first?.pathname]).toEqual(["https://consent.example", "/home"]);
    expect([...(first?.searchParams.keys() ?? [])].toSorted()).toEqual(["institutionId", "state", "token"]);
    expect(first?.searchParams.get("institutionId")).toBe(HOOLI);
    expect(first?.searchParams.get("state")).not.toBe(second?.searchParams.get("state"));
    const authorization = `Bearer ${first?.searchParams.get("token")}`;
    const asked = (path: string) => fetch(`${system().sandboxUrl}${path}`, { headers: { authorization } });
    expect((await asked(`/users/${backend.userId}`)).status).toBe(200);
    expect((await asked(`/users/${randomUUID()}`)).status).not.toBe(200);
  });

  test("is pressed again after the aggregator has issued no token", async () => {
    const { backend, browser, link } = await person({ action: "manage" });
    await browser.open(link);
    await backend.faults([{ method: "POST", path: "/token", times: 4, do: { status: 502, body: "<html>" } }]);
    expect(seen(await browser.submitTo(link))).toEqual([503, "Please try again"]);
    await backend.faults([]);
    expect(consentUi(await browser.submitTo(link)).searchParams.get("action")).toBe("manage");
  });

  test("is not made for an update that is not confirmed, and not for the extension of no consent", async () => {
    const { backend } = await person();
    const post = (wanted: object) => postLink(backend, backend.userId, wanted);
    const unconfirmed = await post({ action: "update" });
    expect(unconfirmed.status).toBe(400);
    expect(refusal(unconfirmed)).toEqual([400, "parameter-not-valid", ["confirm"]]);
    expect((await post({ action: "update", confirm: "deletes-connections" })).status).toBe(201);
    expect(refusal(await post({ action: "extend" }))).toEqual([400, "parameter-not-valid", ["action"]]);
  });
});

describe("the way back", () => {
  test("adopts the job that the person began, and leads to our page, also when it is loaded again", async () => {
    const { backend, browser, link, elsewhere } = await person();
    const state = await stateOf(browser, link);
    const upstreamJobId = await elsewhere.connect(HOOLI, LOGINS.gavin);
    const other = await elsewhere.connect(HOOLI_GOV, LOGINS.ash);
    const back = await browser.open(wayBack(state, `jobId=${upstreamJobId}`));
    const { data } = page(await list(backend));
    expect(data).toHaveLength(1);
    expect([back.status, back.location]).toEqual([303, `${system().apiUrl}/connect/jobs/${data[0]?.id}`]);
    for (const query of [`jobId=${upstreamJobId}`, `jobIds=${other}`, ""]) {
      expect((await browser.open(wayBack(state, query))).location).toBe(back.location);
    }
    expect(page(await list(backend)).data).toHaveLength(1);
    await succeeded(backend, data[0]?.id ?? "");
  });

  test("leads to the application's web address with our ids and its state", async () => {
    const { backend, browser, link, elsewhere } = await person({ returnUrl: WEB, state: "a b&c=d/é" });
    const state = await stateOf(browser, link);
    const upstreamIds = [
      await elsewhere.connect(HOOLI, LOGINS.gavin),
      await elsewhere.connect(HOOLI_GOV, LOGINS.ash),
    ];
    const back = consentUi(await browser.open(wayBack(state, `jobIds=${upstreamIds.join(",")}`)));
    const ids = back.searchParams.get("jobIds")?.split(",") ?? [];
    expect(
      page(await list(backend))
        .data.map(({ id }) => id)
        .toSorted(),
    ).toEqual(ids.toSorted());
    expect([back.searchParams.get("from"), back.searchParams.get("state")]).toEqual(["bank", "a b&c=d/é"]);
    for (const id of ids) await succeeded(backend, id);
    const later = consentUi(await browser.open(wayBack(state)));
    expect([later.searchParams.get("jobIds"), later.searchParams.get("outcome")]).toEqual([
      ids.join(","),
      "succeeded",
    ]);
  });

  test("is a link for an app, and a page for a person who turned back", async () => {
    const { backend, browser, link, elsewhere } = await person({ returnUrl: APP, state: `">'` });
    const first = await stateOf(browser, link);
    const cancelled = await browser.open(wayBack(first));
    expect(seen(cancelled)).toEqual([200, "You did not connect a bank"]);
    expect(cancelled.html).toContain(`href="${APP}?state=%22%3E&#39;&amp;outcome=cancelled"`);
    const second = await stateOf(browser, link);
    const id = await elsewhere.connect(HOOLI, { ...LOGINS.gavin, password: "mistyped" });
    await browser.open(wayBack(second, `jobIds=${id}`));
    await backend.untilOver(page(await list(backend)).data[0]?.id ?? "");
    const failed = await browser.open(wayBack(second));
    expect(seen(failed)).toEqual([200, "Your bank could not be connected"]);
    expect(failed.html).toContain("outcome=failed");
  });

  test("leads to our page if the bank asks a question, whatever the application's address", async () => {
    const { backend, browser, link, elsewhere } = await person({ returnUrl: WEB });
    const state = await stateOf(browser, link);
    const id = await elsewhere.connect(PIED_PIPER, LOGINS.jared);
    await browser.open(wayBack(state, `jobId=${id}`));
    const [job] = page(await list(backend)).data;
    await backend.untilAsked(job?.id ?? "");
    expect((await browser.open(wayBack(state))).location).toBe(`${system().apiUrl}/connect/jobs/${job?.id}`);
  });

  test("lists several jobs without an address to return to", async () => {
    const { browser, link, elsewhere } = await person();
    const state = await stateOf(browser, link);
    const ids = [
      await elsewhere.connect(HOOLI, LOGINS.gavin),
      await elsewhere.connect(HOOLI_GOV, LOGINS.ash),
    ];
    const shown = await browser.open(wayBack(state, `jobIds=${ids[0]}&jobIds=${ids[1]}`));
    expect(shown.status).toBe(200);
    expect(shown.html.match(/\/connect\/jobs\/[0-9a-f-]{36}/g)).toHaveLength(2);
  });

  test("takes no job of another user, none that is unknown, and at most 20", async () => {
    const { backend, browser, link, elsewhere } = await person();
    const other = await person();
    const theirs = await other.elsewhere.connect(HOOLI, LOGINS.gavin);
    const mine = await elsewhere.connect(HOOLI, LOGINS.gavin);
    const state = await stateOf(browser, link);
    const many = Array.from({ length: 19 }, () => randomUUID());
    const wrong = [theirs, "..", "%2e%2e%2f", "<script>", ...many];
    const shown = await browser.open(wayBack(state, `jobIds=${[...wrong, mine].join(",")}`));
    expect(seen(shown)).toEqual([200, "Your bank could not be connected"]);
    expect(page(await list(backend)).data).toEqual([]);
    expect(page(await list(other.backend)).data).toEqual([]);
    const again = await stateOf(browser, link);
    await browser.open(wayBack(again, `jobIds=${theirs},${mine}`));
    expect(page(await list(backend)).data).toHaveLength(1);
    expect(page(await list(other.backend)).data).toEqual([]);
  });

  test("counts once, if a state comes twice at the same time", async () => {
    const { backend, browser, link, elsewhere } = await person();
    const state = await stateOf(browser, link);
    const ids = [
      await elsewhere.connect(HOOLI, LOGINS.gavin),
      await elsewhere.connect(HOOLI_GOV, LOGINS.ash),
    ];
    const both = await Promise.all(ids.map((id) => browser.open(wayBack(state, `jobId=${id}`))));
    expect(both.map(({ status }) => status)).toEqual([303, 303]);
    expect(new Set(both.map(({ location }) => location)).size).toBe(1);
    // Both are the user's own: the second one is adopted too, and its person is led to the first one.
    expect(page(await list(backend)).data.length).toBeGreaterThan(0);
  });

  test("shows nothing of anybody without the session, or with a state that is not of this session", async () => {
    const { backend, browser, link, elsewhere } = await person();
    const state = await stateOf(browser, link);
    const id = await elsewhere.connect(HOOLI, LOGINS.gavin);
    const other = await person();
    const theirs = await stateOf(other.browser, other.link);
    const [nonce = "", mac = ""] = state.split(".");
    const [theirNonce = "", theirMac = ""] = theirs.split(".");
    const forged = [
      "",
      "x",
      nonce,
      `${nonce}.`,
      `${nonce}.${theirMac}`,
      `${theirNonce}.${mac}`,
      theirs,
      `${state}x`,
    ];
    for (const one of forged) {
      expect(seen(await browser.open(wayBack(one, `jobId=${id}`))), one).toEqual(STATE_NOT_VALID);
    }
    expect(seen(await other.browser.open(wayBack(state, `jobId=${id}`)))).toEqual(STATE_NOT_VALID);
    const stranger = newBrowser(system().apiUrl);
    expect(seen(await stranger.open(wayBack(state, `jobId=${id}`)))).toEqual(NO_SESSION);
    for (const cookie of [
      "x",
      `${"A".repeat(43)}.${"A".repeat(43)}`,
      browser.cookies.get("link-session")?.slice(0, -1) ?? "",
    ]) {
      stranger.cookies.set("link-session", cookie);
      expect(seen(await stranger.open(wayBack(state, `jobId=${id}`)))).toEqual(NO_SESSION);
    }
    expect(page(await list(backend)).data).toEqual([]);
  });

  test("ends with the link: a deleted or replaced one has no session any more", async () => {
    const { backend, browser, link, elsewhere } = await person();
    const state = await stateOf(browser, link);
    const id = await elsewhere.connect(HOOLI, LOGINS.gavin);
    await backend.call("DELETE", `/users/${backend.userId}/auth_link`);
    expect(seen(await browser.open(wayBack(state, `jobId=${id}`)))).toEqual(NO_SESSION);
    const next = await newLink(backend, backend.userId);
    const later = await stateOf(browser, next.links.public);
    await newLink(backend, backend.userId);
    expect(seen(await browser.open(wayBack(later, `jobId=${id}`)))).toEqual(NO_SESSION);
  });

  test("ends with the user: an erased user has no link and no session", async () => {
    const { backend, browser, link } = await person();
    const state = await stateOf(browser, link);
    expect((await backend.call("DELETE", `/users/${backend.userId}`)).status).toBe(204);
    expect(seen(await browser.open(wayBack(state)))).toEqual(NO_SESSION);
    expect(seen(await browser.open(link))).toEqual([410, "This link is over"]);
    expect(refusal(await postLink(backend, backend.userId))[0]).toBe(404);
  });
});
