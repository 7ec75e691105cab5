import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { connected } from "../../journeys/calls.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { newBrowser } from "./browser.ts";
import { newLink, newUser, postLink } from "./links.ts";

/** The usual link lives for 3 minutes, and the shortest one for 6 s. */
const TIME_SCALE = 10;
const RETURN_URLS = "https://app.example/back,hooli-money://back";
const settings = { returnUrls: RETURN_URLS, appName: "Hooli & <Money>" };
const system = localSystem(TIME_SCALE, () => ({ settings }));
const backend = () => new MobileBackend(targetOf(system()));
const browser = () => newBrowser(system().apiUrl);

const LINK_OVER = [410, "This link is over"];
const LINK_USED = [410, "This link was opened in another browser"];
const NOT_KNOWN = [404, "We do not know this link"];
const seen = ({ status, title }: { status: number; title: string }) => [status, title];

describe("a link", () => {
  test("is made, read and deleted in the published shape, with the mobile of the request or of the user", async () => {
    const at = backend();
    const userId = await newUser(at);
    const path = `/users/${userId}/auth_link`;
    const link = await newLink(at, userId);
    expect(link).toMatchObject({ userId, mobile: "+61410888666", links: { self: path } });
    expect(link.links.public).toMatch(/\/c\/[\w-]{22}$/);
    expect(link.links.public).not.toContain(link.id);
    expect(await at.call("GET", path)).toMatchObject({ status: 200, json: link });
    expect((await newLink(at, userId, { mobile: "0400 123 456" })).mobile).toBe("0400 123 456");
    expect((await at.call("DELETE", path)).status).toBe(204);
    const gone = [await at.call("GET", path), await at.call("DELETE", path)];
    expect(gone.map(refusal)).toEqual(Array(2).fill([404, "resource-not-found", [undefined]]));

    const without = await newUser(at, {});
    expect((await newLink(at, without)).mobile).toBe("");
  });

  test("is made with no body, with any content type, and while the aggregator does not answer, but for no unknown user", async () => {
    const at = backend();
    const userId = await newUser(at);
    const authorization = `Bearer ${await at.token()}`;
    const path = `/users/${userId}/auth_link`;
    for (const init of [{}, { body: "{}" }, { body: `{"mobile":null,"action":"","extra":7}` }]) {
      const reply = await at.send("POST", path, { headers: { authorization }, ...init });
      expect(reply.status).toBe(201);
    }
    await at.faults([
      { method: "GET", path: `/users/${userId}`, times: 4, do: { status: 502, body: "<html>" } },
    ]);
    expect((await newLink(at, userId)).mobile).toBe("");
    expect(refusal(await postLink(at, randomUUID()))).toEqual([404, "resource-not-found", [undefined]]);
  });

  test("is for servers only", async () => {
    const at = backend();
    const userId = await newUser(at);
    const token = await at.token({ scope: "CLIENT_ACCESS", userId });
    const app = new MobileBackend(targetOf(system()), userId, token);
    for (const method of ["POST", "GET", "DELETE"]) {
      expect(refusal(await app.call(method, `/users/${userId}/auth_link`))[1]).toBe("forbidden-access");
    }
  });

  test.each([
    [{ action: "sell" }, ["action"]],
    [{ mobile: 7, state: 7 }, ["mobile", "state"]],
    [{ state: "x".repeat(513) }, ["state"]],
    [{ institutionId: "not an id" }, ["institutionId"]],
    [{ institutionId: HOOLI, connectionId: "c-1" }, ["institutionId"]],
    [{ expiresInMinutes: 0 }, ["expiresInMinutes"]],
    [{ expiresInMinutes: 10_081 }, ["expiresInMinutes"]],
    [{ action: "manage" }, ["action"]],
    [{ action: "update", confirm: "deletes-connections" }, ["action"]],
    [{ returnUrl: "https://app.example/back?" }, ["returnUrl"]],
    [{ returnUrl: "https://APP.example/back" }, ["returnUrl"]],
    [{ returnUrl: "javascript:alert(1)" }, ["returnUrl"]],
  ])("is not made for %o, and the refusal names %o", async (wanted, fields) => {
    const at = backend();
    expect(refusal(await postLink(at, await newUser(at), wanted))).toEqual([
      400,
      "parameter-not-valid",
      fields,
    ]);
  });

  test("is made for a connection of its user only", async () => {
    const at = backend();
    const connectionId = await connected(at, HOOLI, LOGINS.gavin);
    expect((await postLink(at, at.userId, { connectionId })).status).toBe(201);
    const other = backend();
    expect(refusal(await postLink(other, await newUser(other), { connectionId }))[0]).toBe(404);
  });
});

describe("the page of a link", () => {
  test("names the application and the end of the mobile, and uses nothing up, whoever looks", async () => {
    const at = backend();
    const { links } = await newLink(at, await newUser(at));
    const scanners = await Promise.all(Array.from({ length: 20 }, () => browser().open(links.public)));
    expect(new Set(scanners.map(({ status }) => status))).toEqual(new Set([200]));
    const person = browser();
    const page = await person.open(links.public);
    expect(page.html).toContain("Hooli &amp; &lt;Money&gt;");
    expect(page.html).toContain("ends in <strong>666</strong>");
    expect(page.html).not.toContain("8888");
    expect(page.headers.get("content-security-policy")).toContain("form-action 'self';");
    const used = await person.submitTo(links.public);
    expect([used.status, used.location]).toEqual([303, `${system().apiUrl}/connect`]);
  });

  test("is as good as none for an id that is guessed, malformed or of another link's row", async () => {
    const at = backend();
    const link = await newLink(at, await newUser(at));
    const person = browser();
    for (const id of ["A".repeat(22), "a", "%00", "..%2f..", link.id, "x".repeat(2000)]) {
      expect(seen(await person.open(`/c/${id}`)), id).toEqual(NOT_KNOWN);
      expect(seen(await person.submitTo(`/c/${id}`)), id).toEqual(NOT_KNOWN);
    }
  });

  test("says that a link is over that has expired, was replaced or was deleted", async () => {
    const at = backend();
    const userId = await newUser(at);
    const first = await newLink(at, userId);
    const second = await newLink(at, userId);
    const person = browser();
    expect(seen(await person.use(first.links.public))).toEqual(LINK_OVER);
    await at.call("DELETE", `/users/${userId}/auth_link`);
    expect(seen(await person.use(second.links.public))).toEqual(LINK_OVER);
    const short = await newLink(at, userId, { expiresInMinutes: 1 });
    await expect.poll(async () => seen(await person.open(short.links.public))).toEqual(LINK_OVER);
    expect(seen(await person.submitTo(short.links.public))).toEqual(LINK_OVER);
    const read = await at.call("GET", `/users/${userId}/auth_link`);
    expect(refusal(read)).toEqual([410, "resource-no-longer-available", [undefined]]);
  });
});

describe("the button of a link", () => {
  test("serves one of two browsers that press at once, and that one again after a double tap or a lost reply", async () => {
    const at = backend();
    const { links } = await newLink(at, await newUser(at));
    const people = Array.from({ length: 8 }, browser);
    await Promise.all(people.map((person) => person.open(links.public)));
    const pressed = await Promise.all(people.map((person) => person.submitTo(links.public)));
    expect(pressed.map(({ status }) => status).toSorted()).toEqual([303, ...Array(7).fill(410)]);
    const [winner, loser] = [303, 410].map(
      (wanted) => people[pressed.findIndex(({ status }) => status === wanted)],
    );
    const session = winner?.cookies.get("link-session");
    const again = await Promise.all([winner?.submitTo(links.public), winner?.submitTo(links.public)]);
    expect(again.map((shown) => shown?.status)).toEqual([303, 303]);
    expect([winner?.cookies.get("link-session"), (await winner?.open(links.public))?.status]).toEqual([
      session,
      200,
    ]);
    expect(loser && seen(await loser.submitTo(links.public))).toEqual(LINK_USED);
    expect(seen(await browser().open(links.public))).toEqual(LINK_USED);
  });

  test("does nothing without the cookie of the page, or for a form of another site", async () => {
    const at = backend();
    const { links } = await newLink(at, await newUser(at));
    const person = browser();
    expect(seen(await person.submitTo(links.public))).toEqual([403, "Your browser did not send our cookie"]);
    await person.open(links.public);
    for (const origin of ["https://evil.example", "null", "", `${system().apiUrl}.evil.example`]) {
      expect((await person.submitTo(links.public, { origin })).status).toBe(403);
    }
    expect((await person.submitTo(links.public)).status).toBe(303);
  });
});
