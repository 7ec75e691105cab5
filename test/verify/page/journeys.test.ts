import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { connected } from "../../journeys/calls.ts";
import { AVIATO, HOOLI, HOOLI_GOV, LOGINS, NUCLEUS, PIED_PIPER, RAVIGA } from "../../journeys/logins.ts";
import { ALL_DONE, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { filledIn, type Person } from "../support/person.ts";
import { newCompany, RETURN_URL, SETTINGS, visitor } from "./visits.ts";

/** A challenge of two minutes lasts 12 s. */
const system = localSystem(10, () => ({ settings: SETTINGS }));

const STATE = "order 7 & more";

/** A person who has pressed the button of a link, and the backend of the company that made the link. */
async function newVisit(link: { institutionId?: string; connectionId?: string } = {}, of?: MobileBackend) {
  const backend = of ?? (await newCompany(targetOf(system())));
  return { backend, person: await visitor(backend, { returnUrl: RETURN_URL, state: STATE, ...link }) };
}

function jobIdOf(person: Person): string {
  return /^\/connect\/jobs\/([0-9a-f-]{36})$/.exec(person.page.path)?.[1] ?? "";
}

const backTo = (outcome: string, jobId?: string) =>
  `${RETURN_URL}?${jobId === undefined ? "" : `jobIds=${jobId}&`}state=${encodeURIComponent(STATE)}&outcome=${outcome}`;

const GAVIN = { Login: "gavinBelson", Password: "hooli2016" };
const JARED = { Login: "jared", Password: "django" };

async function atQuestion(login: Record<string, string> = JARED, bank = PIED_PIPER) {
  const visit = await newVisit({ institutionId: bank });
  await visit.person.submit("Log in", login);
  await visit.person.untilHeading(/code|asks|Approve/);
  return { ...visit, jobId: jobIdOf(visit.person) };
}

describe.concurrent("a person", () => {
  test("finds the bank, logs in, sees the steps, and goes back to the app", async () => {
    const { person, backend } = await newVisit();
    expect(person.page).toMatchObject({ status: 200, heading: "Choose your bank" });
    expect(person.link("Go back to the app")).toBe(backTo("cancelled"));
    await person.submit("Search", { "Name of your bank": "GOV bank" });
    expect(person.page.links.map(({ words }) => words)).toEqual(["HB HooliGov Bank", "Go back to the app"]);
    await person.press("HB HooliGov Bank");
    expect(person.page.heading).toBe("Log in to HooliGov Bank");

    const login = await person.submit("Log in", GAVIN);
    expect(login).toMatchObject({ status: 200, heading: "Connecting HooliGov Bank", refreshSeconds: 2 });
    await person.untilHeading(/^HooliGov Bank is connected$/);
    expect(person.page.refreshSeconds).toBeUndefined();
    expect(person.link("Go back to the app")).toBe(backTo("succeeded", jobIdOf(person)));
    const job = await backend.job(jobIdOf(person));
    expect(job.links.source).toContain(`/users/${backend.userId}/connections/`);
  });

  test("types the code of the bank", async () => {
    const { person, backend, jobId } = await atQuestion();
    expect(person.page).toMatchObject({
      heading: "Enter the code from Pied Piper Bank",
      refreshSeconds: undefined,
    });
    expect(person.page.text).toContain("A SMS code has been sent to your device");
    expect(person.page.text).toMatch(
      /You have (1 minute )?\d+ seconds? to answer|You have \d minutes? to answer/,
    );
    const field = person.form("Send the answer").fields.find(({ label }) => label === "OTP Password");
    expect(field?.attributes).toMatchObject({
      autocomplete: "one-time-code",
      inputmode: "numeric",
      required: "",
    });
    await person.submit("Send the answer", { "OTP Password": " 1234 " });
    await person.untilHeading(/is connected$/);
    expect(statuses((await backend.job(jobId)).steps)).toEqual(ALL_DONE);
    expect(await backend.answersSent()).toBe(1);
  });

  test("answers two questions, each with its own label", async () => {
    const { person } = await atQuestion({ Login: "Whistler", Password: "ShowBox" });
    expect(person.page.heading).toBe("Pied Piper Bank asks you some questions");
    const { fields } = person.form("Send the answer");
    expect(fields.filter(({ type }) => type !== "hidden").map(({ label }) => label)).toEqual([
      "What's your favourite company?",
      "What's the ID of this institution?",
    ]);
    expect(fields.some(({ attributes }) => "inputmode" in attributes)).toBe(false);
    await person.submit("Send the answer", {
      "What's your favourite company?": "Basiq",
      "What's the ID of this institution?": "AU00000",
    });
    await person.untilHeading(/is connected$/);
  });

  test("approves the login in the app of the bank", async () => {
    const { person, backend } = await atQuestion(GAVIN, AVIATO);
    expect(person.page.heading).toBe("Approve the login in the app of Aviato Mutual");
    // It leaves for the app of the bank, and comes back.
    await person.reload();
    await person.submit("I have approved it");
    await person.untilHeading(/is connected$/);
    expect(await backend.answersSent()).toBe(1);
  });

  test("leaves an answer out, and is told which", async () => {
    const { person, backend } = await atQuestion({ Login: "Whistler", Password: "ShowBox" });
    const answered = { "What's your favourite company?": "Basiq", "What's the ID of this institution?": " " };
    const page = await person.submit("Send the answer", answered);
    expect(page).toMatchObject({ status: 200, title: "Error: Pied Piper Bank asks you some questions" });
    expect(person.link("Answer “What's the ID")).toBe("#answer-1");
    expect(page.html).toContain('aria-describedby="answer-1-wrong"');
    expect(await backend.answersSent()).toBe(0);
  });

  test("gives a wrong code, reads what the bank says, and logs in again", async () => {
    const { person } = await atQuestion();
    await person.submit("Send the answer", { "OTP Password": "9999" });
    await person.untilHeading(/did not accept your answer$/);
    expect(person.page.text).toContain("MFA response is not correct");
    expect(person.link("Go back to the app")).toBe(backTo("failed", jobIdOf(person)));
    await person.press("Log in again");
    await person.submit("Log in", JARED);
    await person.untilHeading(/code/);
  });

  test("does not answer in time, and hears that", async () => {
    const { person, jobId } = await atQuestion();
    const late = person.form("Send the answer");
    await person.untilHeading(/waited too long for your answer$/);
    const reply = await person.post(late.action, filledIn(late, { "OTP Password": "1234" }));
    expect([reply.status, reply.headers.get("location")]).toEqual([303, `/connect/jobs/${jobId}`]);
  });

  test("gives a wrong login, and the bank's words are shown", async () => {
    const { person, backend } = await newVisit({ institutionId: HOOLI });
    await person.submit("Log in", { Login: "bighead", Password: "password" });
    await person.untilHeading(/^Hooli Bank did not accept your login$/);
    expect(person.page.text).toContain("Account is locked");
    expect(person.page.text).toContain(`For support: ${jobIdOf(person)}`);
    expect(await backend.loginsSent()).toBe(1);
  });

  test("waits after three wrong logins, and is told for how long", async () => {
    const { person, backend } = await newVisit({ institutionId: HOOLI });
    const late = person.form("Log in");
    for (const password of ["one", "two", "three"]) {
      await person.open("/connect/login");
      await person.submit("Log in", { Login: "gavinBelson", Password: password });
      await person.untilHeading(/did not accept your login$/);
    }
    expect(person.page.text).toMatch(/You can log in again in \d+ minutes?\./);
    expect(() => person.link("Log in again")).toThrow();
    await person.open("/connect/login");
    expect(person.page.heading).toBe("Please wait before you try again");
    expect(person.page.text).toMatch(/You can try again in \d+ minutes?\./);
    const again = await person.post(late.action, filledIn(late, GAVIN));
    expect([again.status, again.headers.get("location")]).toEqual([
      303,
      `/connect/login?institutionId=${HOOLI}`,
    ]);
    expect(await backend.loginsSent()).toBe(3);
  });

  test("leaves fields out, and is told which; what was typed stays, secrets aside", async () => {
    const { person, backend } = await newVisit({ institutionId: RAVIGA });
    const page = await person.submit("Log in", { ...GAVIN, "Secondary Login": "   ", "Security Code": "" });
    expect(page).toMatchObject({ status: 400, title: "Error: Log in to Raviga" });
    expect(page.links.map(({ words, href }) => [words, href])).toContainEqual([
      "Fill in “Security Code”.",
      "#securityCode",
    ]);
    const { fields } = person.form("Log in");
    expect(fields.find(({ name }) => name === "loginId")?.value).toBe("gavinBelson");
    expect(fields.find(({ name }) => name === "password")?.value).toBe("");
    expect(page.html).not.toContain("hooli2016");
    expect(await backend.loginsSent()).toBe(0);
    await person.submit("Log in", { ...GAVIN, "Secondary Login": "second", "Security Code": "4321" });
    await person.untilHeading(/is connected$/);
  });

  test("taps twice: one job, one login", async () => {
    const { person, backend } = await newVisit({ institutionId: NUCLEUS });
    const form = person.form("Log in");
    const taps = await Promise.all([1, 2, 3].map(() => person.post(form.action, filledIn(form, GAVIN))));
    expect(taps.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(new Set(taps.map(({ headers }) => headers.get("location"))).size).toBe(1);
    await person.open(taps[0]?.headers.get("location") ?? "");
    await person.untilHeading(/asks|is connected/);
    expect(await backend.loginsSent()).toBe(1);
  });

  test("cancels while the bank asks, twice, and may log in again", async () => {
    const { person, jobId } = await atQuestion();
    const { action } = person.form("Cancel");
    await person.submit("Cancel");
    expect(person.page.heading).toBe("Pied Piper Bank is not connected");
    expect(person.link("Go back to the app")).toBe(backTo("cancelled", jobId));
    const again = await person.post(action, new URLSearchParams());
    expect([again.status, again.headers.get("location")]).toEqual([303, `/connect/jobs/${jobId}`]);
    await person.press("Log in again");
    expect(person.page.heading).toBe("Log in to Pied Piper Bank");
  });

  test("answers a question only once, also in two tabs", async () => {
    const { person, backend, jobId } = await atQuestion();
    const form = person.form("Send the answer");
    const taps = await Promise.all(
      [1, 2].map(() => person.post(form.action, filledIn(form, { "OTP Password": "1234" }))),
    );
    expect(taps.map(({ status }) => status)).toEqual([303, 303]);
    await person.untilHeading(/is connected$/);
    const late = await person.post(form.action, filledIn(form, { "OTP Password": "1234" }));
    expect([late.status, late.headers.get("location")]).toEqual([303, `/connect/jobs/${jobId}`]);
    expect(await backend.answersSent()).toBe(1);
  });

  test("gives a connection a new login, without a login id", async () => {
    const backend = await newCompany(targetOf(system()));
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    const { person } = await newVisit({ connectionId }, backend);
    expect(person.page.heading).toBe("New login for Hooli Bank");
    expect(person.form("Log in").fields.map(({ name }) => name)).toEqual(["institutionId", "password"]);
    await person.submit("Log in", { Password: "hooli2016" });
    await person.untilHeading(/^Hooli Bank is connected again$/);
  });

  test("sees no job of another user, and none that does not exist", async () => {
    const { jobId, person: owner } = await atQuestion();
    const { person } = await newVisit();
    for (const id of [jobId, randomUUID(), "none"]) {
      for (const [method, path] of [
        ["GET", ""],
        ["POST", "/cancel"],
        ["POST", "/resume"],
        ["POST", "/mfa"],
      ] as const) {
        const address = `/connect/jobs/${id}${path}`;
        const reply =
          method === "GET"
            ? await person.send("GET", address)
            : await person.post(address, new URLSearchParams({ challenge: "1", answer: "1234" }));
        expect([reply.status, await reply.text()]).toEqual([
          404,
          expect.stringContaining("There is no such page"),
        ]);
      }
    }
    expect((await owner.reload()).heading).toBe("Enter the code from Pied Piper Bank");
  });
});

describe("while the bank is down", () => {
  afterEach(async () => {
    const { backend } = await newVisit();
    await backend.institution(HOOLI_GOV, { status: "operational" });
    await backend.institution(PIED_PIPER, { status: "operational" });
  });

  test("a person hears when we try next, tries at once, and is connected", async () => {
    const { person, backend } = await newVisit({ institutionId: HOOLI_GOV });
    await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
    await person.submit("Log in", GAVIN);
    await person.untilHeading(/^HooliGov Bank is down at the moment$/);
    expect(person.page.text).toMatch(
      /We keep trying for (7 days|6 days 2\d hours), .* You may close this page\./,
    );
    expect(person.page.text).toMatch(/The next try is in about (1 hour 5\d minutes|2 hours)/);
    expect(person.page.refreshSeconds).toBe(60);
    expect(person.link("Go back to the app")).toBe(backTo("queued", jobIdOf(person)));
    expect(person.page.text).not.toContain("has been down");
    for (const other of [new MobileBackend(backend.target), new MobileBackend(backend.target)]) {
      await untilQueued(other, await other.startJob(HOOLI_GOV, LOGINS.gavin));
    }
    const downFor = /The bank has been down for about \d+ minutes?\./;
    await expect.poll(async () => (await person.reload()).text, { timeout: 60_000 }).toMatch(downFor);
    await backend.institution(HOOLI_GOV, { status: "operational" });
    const { action } = person.form("Try again now");
    await person.submit("Try again now");
    await person.untilHeading(/is connected$/);
    const late = await person.post(action, new URLSearchParams());
    expect(late.status).toBe(303);
    expect(await backend.loginsSent()).toBe(2);
  });
});

test("without a session every page says so, and nothing of anybody", async () => {
  const { jobId, person, backend } = await atQuestion();
  const paths = ["/connect", "/connect/login", `/connect/jobs/${jobId}`, `/connect/jobs/${jobId}/changes`];
  const expectNoSession = async () => {
    for (const path of paths) {
      const page = await person.open(path);
      expect([page.status, page.heading]).toEqual([403, "Please start again from the app"]);
    }
  };
  // A new link ends the one before, and its session.
  const other = await visitor(backend);
  await expectNoSession();
  person.forget();
  await expectNoSession();
  expect(await other.open(`/connect/jobs/${jobId}`)).toMatchObject({ status: 200 });
});
