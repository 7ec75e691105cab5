import { expect, inject, test } from "vitest";
import * as z from "zod";
import { connectHooli, openConsentUi, takenBack, USER } from "./visitor.ts";

test("a person agrees, chooses a bank, logs in, and goes back with the job and the state", async () => {
  const bank = await openConsentUi();
  const person = await bank.visit({ state: 'a=1&b="<&>' });
  expect(person.title).toBe("Share your data");
  expect(takenBack(person, "Cancel")).toEqual({ state: 'a=1&b="<&>' });
  expect(await bank.consents()).toEqual([]);
  await person.press("I agree");
  expect(person.title).toBe("Choose your bank");
  expect((await bank.consents()).map(({ status }) => status)).toEqual(["active"]);
  const jobId = await connectHooli(bank, person);
  expect(takenBack(person, "Finish")).toEqual({ jobId, jobIds: jobId, state: 'a=1&b="<&>' });
  expect((await bank.jobsOf()).map(({ id }) => id)).toEqual([jobId]);
  // The data comes after the person has left.
  expect(await bank.statuses(jobId)).toEqual(["success", "in-progress", "pending"]);
});

test("a person connects two banks, and goes back with both jobs, the newest by itself", async () => {
  const bank = await openConsentUi();
  const person = await (await bank.visit({ action: "null" })).press("I agree");
  const first = await connectHooli(bank, person);
  await person.click("Connect another bank");
  await person.click("Raviga");
  expect(person.forms[0]?.asks).toEqual(["loginId", "password", "securityCode", "secondaryLoginId"]);
  const login = { loginId: "jared", password: "django" };
  await person.press("Continue", login);
  expect([person.seen.status, ...person.alerts]).toEqual([
    400,
    "Security code parameter is required.",
    "Secondary login ID parameter is required.",
  ]);
  await person.press("Continue", { ...login, securityCode: "1", secondaryLoginId: "2" });
  const { jobId, jobIds } = takenBack(person, "Do not wait");
  expect([jobIds, await bank.jobsOf()]).toEqual([
    `${first},${jobId}`,
    expect.objectContaining({ length: 2 }),
  ]);
});

test("a bank asks, an empty answer is no answer, a wrong one fails the job, and the right one connects", async () => {
  const bank = await openConsentUi();
  const person = await (await bank.visit({ institutionId: "AU00002" })).press("I agree");
  expect(person.title).toBe("Log in to Pied Piper Bank");
  const logIn = async () => {
    await person.press("Continue", { loginId: "Whistler", password: "ShowBox" });
    bank.pass(2_000);
    await person.reload();
    expect(person.title).toBe("Pied Piper Bank asks");
  };
  await logIn();
  await person.press("Continue", { answer: ["Basiq", ""] });
  expect([person.seen.status, person.alerts]).toEqual([400, ["Please answer every question."]]);
  await person.press("Continue", { answer: ["Basiq", "AU00001"] });
  expect(person.title).toBe("Connecting Pied Piper Bank");
  bank.pass(2_000);
  await person.reload();
  expect([person.title, person.alerts]).toEqual([
    "Pied Piper Bank is not connected",
    ["MFA response is not correct"],
  ]);
  await person.click("Try again");
  await logIn();
  await person.press("Continue", { answer: ["Basiq", "AU00000"] });
  bank.pass(2_000);
  expect((await person.reload()).title).toBe("Pied Piper Bank is connected");
  expect(takenBack(person, "Finish")["jobIds"]?.split(",")).toHaveLength(2);
});

test("a person approves in the bank's app with one button", async () => {
  const bank = await openConsentUi();
  const person = await (await bank.visit({ institutionId: "AU00005" })).press("I agree");
  await person.press("Continue", { loginId: "jared", password: "django" });
  bank.pass(2_000);
  await person.reload();
  await person.press("I have approved it");
  bank.pass(2_000);
  expect((await person.reload()).title).toBe("Aviato Mutual is connected");
});

test.each([
  ["bighead", "password", "Account is locked"],
  ["jared", "wrong", "Invalid credentials"],
])("the bank refuses the login of %s, and the page says why", async (loginId, password, why) => {
  const bank = await openConsentUi();
  const person = await (await bank.visit({ institutionId: "AU00000" })).press("I agree");
  await person.press("Continue", { loginId, password });
  bank.pass(2_000);
  await person.reload();
  expect([person.title, person.alerts]).toEqual(["Hooli Bank is not connected", [why]]);
});

test("a bank that is down refuses a login, or takes it and tries it later", async () => {
  const bank = await openConsentUi();
  const login = { loginId: "jared", password: "django" };
  const person = await (await bank.visit({ institutionId: "AU00000" })).press("I agree");
  await bank.control("PUT", "/institutions/AU00000", { status: "major-outage", outage: "refuse" });
  await person.press("Continue", login);
  expect([person.seen.status, person.title]).toEqual([503, "Log in to Hooli Bank"]);
  expect(await bank.jobsOf()).toEqual([]);
  await bank.control("PUT", "/institutions/AU00000", { status: "major-outage", outage: "queue" });
  await person.press("Continue", login);
  expect(person.title).toBe("Hooli Bank is down");
  expect(takenBack(person, "Finish")["jobId"]).toBe((await bank.jobsOf())[0]?.id);
});

test("a person types new credentials of a connection that is theirs", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await (await bank.visit()).press("I agree"));
  bank.pass(10_000);
  const [connection] = await bank.connectionsOf();
  const person = await bank.visit({ connectionId: connection?.id ?? "" });
  expect([person.title, person.forms[0]?.asks]).toEqual(["Log in to Hooli Bank", ["password"]]);
  await person.press("Continue", { password: "hooli2016" });
  bank.pass(2_000);
  expect((await person.reload()).title).toBe("Hooli Bank is connected");
  expect((await bank.connectionsOf()).map(({ id }) => id)).toEqual([connection?.id]);
  expect(await bank.jobsOf()).toHaveLength(2);
  const foreign = await bank.visit({ connectionId: connection?.id ?? "" }, "user-2");
  expect([foreign.seen.status, foreign.alerts]).toEqual([404, ["Requested connection does not exist."]]);
});

test("a login that is sent twice begins one job", async () => {
  const bank = await openConsentUi();
  const person = await (await bank.visit({ institutionId: "AU00000" })).press("I agree");
  const { forms, seen } = person;
  const body = new URLSearchParams([
    ...(forms[0]?.hidden ?? []),
    ["loginId", "jared"],
    ["password", "django"],
  ]);
  const send = () => fetch(new URL("/home", seen.url), { method: "POST", body, redirect: "manual" });
  const [one, other] = [await send(), await send()];
  expect([one.status, other.status]).toEqual([303, 303]);
  expect(one.headers.get("location")).toBe(other.headers.get("location"));
  expect(await bank.jobsOf()).toHaveLength(1);
});

test("a window that is closed before the way back leaves the connection and its job, and the events tell", async () => {
  const bank = await openConsentUi();
  const person = await (await bank.visit({ institutionId: "AU00000" })).press("I agree");
  await person.press("Continue", { loginId: "jared", password: "django" });
  bank.pass(10_000);
  expect((await bank.connectionsOf()).map(({ status }) => status)).toEqual(["active"]);
  const [job] = await bank.jobsOf();
  expect(job?.steps.map(({ status }) => status)).toEqual(["success", "success", "success"]);
  const token = await bank.newToken({}, "3.0");
  const reply = await bank.send("GET", `/events?filter=user.id.eq('${USER}')`, { token });
  // The deployed sandbox has no events.
  if (inject("sandbox") === "deployed") return expect(reply.status).toBe(404);
  const events = z.object({ data: z.array(z.object({ entity: z.string(), eventType: z.string() })) });
  const types = events
    .parse(JSON.parse(reply.text))
    .data.map(({ entity, eventType }) => `${entity}.${eventType}`);
  expect(types.toReversed().slice(0, 4)).toEqual([
    "user.created",
    "consent.created",
    "connection.created",
    "connection.activated",
  ]);
});
