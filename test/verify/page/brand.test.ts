import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { HOOLI, PIED_PIPER } from "../../journeys/logins.ts";
import type { MobileBackend } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { Person } from "../support/person.ts";
import { linkFor, newCompany, RETURN_URL } from "./visits.ts";

const LOGO = "test/verify/page/brand/logo.svg";
const settings = {
  returnUrls: RETURN_URL,
  pageLogo: LOGO,
  pageColour: "#b3261e",
  pageColourDark: "#ff8a80",
  pageSupport: "help@hooli.example",
  pagePrivacyUrl: "https://hooli.example/privacy?a=1&b=2",
  pageTexts: "test/verify/page/brand/texts",
};
const system = localSystem(10, () => ({ settings }));

let backend: MobileBackend;
beforeAll(async () => {
  backend = await newCompany(targetOf(system()));
});

/** A person whose browser asks for a language. */
const speaking = (language: string) =>
  new Person(backend.target.apiUrl, { headers: { "accept-language": language } });

describe("a person who reads German", () => {
  test("goes the whole way in German, but for the words of the bank", async () => {
    const person = speaking("de-CH, en;q=0.5");
    await person.open(await linkFor(backend, { returnUrl: RETURN_URL, state: "s" }));
    expect(person.page.text).toContain(
      "Sie sind dabei, eine Bank für die App hinter diesem Link zu verbinden.",
    );
    await person.submit("Weiter");
    expect(person.page.heading).toBe("Wählen Sie Ihre Bank");
    expect(person.page.text).toMatch(/\d+ Banken\./);
    await person.submit("Suchen", { "Name Ihrer Bank": "piper" });
    expect(person.page.text).toContain("Eine Bank.");
    await person.press("PP Pied Piper Bank");
    expect(person.page.heading).toBe("Anmeldung bei Pied Piper Bank");
    const page = await person.submit("Anmelden", { Login: "jared", Password: "" });
    expect([page.status, page.title]).toEqual([400, "Fehler: Anmeldung bei Pied Piper Bank"]);
    expect(person.link("Füllen Sie das Feld „Password“ aus.")).toBe("#password");
    await person.submit("Anmelden", { Login: "jared", Password: "django" });
    await person.untilHeading(/^Geben Sie den Code ein, den Pied Piper Bank Ihnen gesendet hat$/);
    expect(person.page.text).toMatch(
      /Sie haben noch (1 Minute|2 Minuten|1 Minute, \d+ Sekunden?|\d+ Sekunden?) Zeit/,
    );
    expect(person.page.text).toContain("A SMS code has been sent to your device");
    await person.submit("Antwort senden", { "OTP Password": "9999" });
    await person.untilHeading(/^Pied Piper Bank hat Ihre Antwort nicht akzeptiert$/);
    expect(person.page.text).toContain("Die Bank meldet:");
    expect(person.page.text).toContain("MFA response is not correct");
    expect(person.page.text).toContain("Hilfe und Support: help@hooli.example");
    await person.press("Noch einmal anmelden");
    await person.submit("Anmelden", { Login: "jared", Password: "django" });
    await person.untilHeading(/Code/);
    await person.submit("Antwort senden", { "OTP Password": "1234" });
    await person.untilHeading(/^Pied Piper Bank ist verbunden$/);
    expect(person.page.text).toContain("Abruf Ihrer Umsätze erledigt");
    expect(person.link("Zurück zur App")).toContain("outcome=succeeded");
    expect(person.page.html).toContain('<html lang="de">');
    expect(person.page.headers.get("content-language")).toBe("de");
    expect(person.page.headers.get("vary")).toContain("accept-language");
  });

  test.each<[string, (person: Person) => Promise<Response>, string]>([
    [
      "without a session",
      (person) => person.send("GET", "/connect"),
      "Bitte beginnen Sie in der App von vorn",
    ],
    [
      "for a link that nobody knows",
      (person) => person.send("GET", "/c/none"),
      "Wir kennen diesen Link nicht",
    ],
    [
      "for a form that is larger than any",
      (person) => person.post("/connect/login", new URLSearchParams({ loginId: "a".repeat(17 * 1024) })),
      "Etwas ist schiefgegangen",
    ],
    [
      "for a form of another site",
      (person) => person.post("/connect/login", new URLSearchParams(), { origin: "https://evil.example" }),
      "Dieses Formular kam nicht von unserer Seite",
    ],
    [
      "for changes",
      (person) => person.send("GET", "/connect/jobs/none/changes"),
      "Bitte beginnen Sie in der App",
    ],
    [
      "after the Consent UI",
      (person) => person.send("GET", "/consent/return"),
      "Bitte beginnen Sie in der App",
    ],
  ])("is refused in German, with the support: %s", async (_, send, words) => {
    const reply = await send(speaking("de"));
    const text = await reply.text();
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.headers.get("content-language")).toBe("de");
    expect(text).toContain(words);
    expect(text).toContain('Hilfe und Support: <a href="mailto:help@hooli.example">help@hooli.example</a>');
    expect(text).toMatch(/Für den Support: <code>[\w-]+<\/code>, <code>[0-9a-f-]{36}<\/code>/);
  });
});

test("a person who reads another language gets English, with the texts of the deployment", async () => {
  const person = speaking("fr");
  await person.open(await linkFor(backend, {}));
  expect(person.page.text).toContain("a bank for the app that sent you this link");
  await person.submit("Continue with Hooli");
  expect(person.page.text).toMatch(/\d+ banks to choose from\./);
  await person.submit("Search", { "Name of your bank": "piper" });
  expect(person.page.text).toContain("Your bank.");
});

test("every page has the logo, the colours and the links of the deployment, and loads nothing", async () => {
  const person = speaking("en");
  await person.open(await linkFor(backend, { institutionId: HOOLI }));
  await person.submit("Continue with Hooli");
  const link = await person.send("GET", await linkFor(await newCompany(targetOf(system())), {}));
  const refused = await new Person(backend.target.apiUrl).send("GET", `/connect?institutionId=${PIED_PIPER}`);
  const pages = [person.page, ...(await Promise.all([link, refused].map(shown)))];
  const base64 = readFileSync(LOGO).toString("base64");
  for (const { html, headers } of pages) {
    expect(html).toContain(
      `<header class="logo"><img src="data:image/svg+xml;base64,${base64}" alt=""></header>`,
    );
    expect(html).toContain(
      '<footer><a href="https://hooli.example/privacy?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">Privacy (new tab)</a>',
    );
    const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? "";
    expect(style).toContain("--accent:#b3261e;--on-accent:#ffffff;");
    expect(style).toContain("--accent:#ff8a80;--on-accent:#000000;");
    const policy = headers.get("content-security-policy")?.split("; ");
    expect(policy).toContain(`style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`);
    expect(policy).toContain("img-src data:");
    expect(html.match(/ src="(?!data:)/g)).toBeNull();
  }
});

async function shown(response: Response) {
  return { html: await response.text(), headers: response.headers };
}
