import { expect, inject, test } from "vitest";
import * as z from "zod";
import { filledIn } from "../support/person.ts";
import { connectHooli, openConsentUi, takenBack, USER } from "./visitor.ts";

test("a person agrees, chooses a bank, logs in, and goes back with the job and the state", async () => {
  const bank = await openConsentUi();
  const person = await bank.visit({ state: 'a=1&b="<&>' });
  expect(person.page.heading).toBe("Share your data");
  expect(takenBack(person, "Cancel")).toEqual({ state: 'a=1&b="<&>' });
  expect(await bank.consents()).toEqual([]);
  await person.submit("I agree");
  expect(person.page.heading).toBe("Choose your bank");
  expect((await bank.consents()).map(({ status }) => status)).toEqual(["active"]);
  const jobId = await connectHooli(bank, person);
  expect(takenBack(person, "Finish")).toEqual({ jobId, jobIds: jobId, state: 'a=1&b="<&>' });
  expect((await bank.jobsOf()).map(({ id }) => id)).toEqual([jobId]);
  // The data comes after the person has left.
  expect(await bank.statuses(jobId)).toEqual(["success", "in-progress", "pending"]);
});

test("a person connects two banks, and goes back with both jobs, the newest by itself", async () => {
  const bank = await openConsentUi();
  const person = await bank.agreed({ action: "null" });
  const first = await connectHooli(bank, person);
  await person.press("Connect another bank");
  await person.press("Raviga");
  expect(person.page.forms[0]?.asks).toEqual(["loginId", "password", "securityCode", "secondaryLoginId"]);
  const login = { Login: "jared", Password: "django" };
  await person.submit("Continue", login);
  expect([person.page.status, ...person.page.alerts]).toEqual([
    400,
    "Security code parameter is required.",
    "Secondary login ID parameter is required.",
  ]);
  await person.submit("Continue", { ...login, "Security Code": "1", "Secondary Login": "2" });
  const { jobId, jobIds } = takenBack(person, "Do not wait");
  expect([jobIds, await bank.jobsOf()]).toEqual([
    `${first},${jobId}`,
    expect.objectContaining({ length: 2 }),
  ]);
});

test("a bank asks, an empty answer is no answer, a wrong one fails the job, and the right one connects", async () => {
  const bank = await openConsentUi();
  const person = await bank.agreed({ institutionId: "AU00002" });
  expect(person.page.heading).toBe("Log in to Pied Piper Bank");
  const answers = (id: string) => ({
    "What's your favourite company?": "Basiq",
    "What's the ID of this institution?": id,
  });
  const logIn = async () => {
    await person.submit("Continue", { Login: "Whistler", Password: "ShowBox" });
    bank.pass(2_000);
    await person.reload();
    expect(person.page.heading).toBe("Pied Piper Bank asks");
  };
  await logIn();
  await person.submit("Continue", answers(""));
  expect([person.page.status, person.page.alerts]).toEqual([400, ["Please answer every question."]]);
  await person.submit("Continue", answers("AU00001"));
  expect(person.page.heading).toBe("Connecting Pied Piper Bank");
  bank.pass(2_000);
  await person.reload();
  expect([person.page.heading, person.page.alerts]).toEqual([
    "Pied Piper Bank is not connected",
    ["MFA response is not correct"],
  ]);
  await person.press("Try again");
  await logIn();
  await person.submit("Continue", answers("AU00000"));
  bank.pass(2_000);
  expect((await person.reload()).heading).toBe("Pied Piper Bank is connected");
  expect(takenBack(person, "Finish")["jobIds"]?.split(",")).toHaveLength(2);
});

test("a person approves in the bank's app with one button", async () => {
  const bank = await openConsentUi();
  const person = await bank.agreed({ institutionId: "AU00005" });
  await person.submit("Continue", { Login: "jared", Password: "django" });
  bank.pass(2_000);
  await person.reload();
  await person.submit("I have approved it");
  bank.pass(2_000);
  expect((await person.reload()).heading).toBe("Aviato Mutual is connected");
});

test.each([
  ["bighead", "password", "Account is locked"],
  ["jared", "wrong", "Invalid credentials"],
])("the bank refuses the login of %s, and the page says why", async (loginId, password, why) => {
  const bank = await openConsentUi();
  const person = await bank.agreed({ institutionId: "AU00000" });
  await person.submit("Continue", { Login: loginId, Password: password });
  bank.pass(2_000);
  await person.reload();
  expect([person.page.heading, person.page.alerts]).toEqual(["Hooli Bank is not connected", [why]]);
});

test("a bank that is down refuses a login, or takes it and tries it later", async () => {
  const bank = await openConsentUi();
  const login = { Login: "jared", Password: "django" };
  const person = await bank.agreed({ institutionId: "AU00000" });
  await bank.control("PUT", "/institutions/AU00000", { status: "major-outage", outage: "refuse" });
  await person.submit("Continue", login);
  expect([person.page.status, person.page.heading]).toEqual([503, "Log in to Hooli Bank"]);
  expect(await bank.jobsOf()).toEqual([]);
  await bank.control("PUT", "/institutions/AU00000", { status: "major-outage", outage: "queue" });
  await person.submit("Continue", login);
  expect(person.page.heading).toBe("Hooli Bank is down");
  expect(takenBack(person, "Finish")["jobId"]).toBe((await bank.jobsOf())[0]?.id);
});

test("a person types new credentials of a connection that is theirs", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await bank.agreed());
  bank.pass(10_000);
  const [connection] = await bank.connectionsOf();
  const person = await bank.visit({ connectionId: connection?.id ?? "" });
  expect([person.page.heading, person.page.forms[0]?.asks]).toEqual(["Log in to Hooli Bank", ["password"]]);
  await person.submit("Continue", { Password: "hooli2016" });
  bank.pass(2_000);
  expect((await person.reload()).heading).toBe("Hooli Bank is connected");
  expect((await bank.connectionsOf()).map(({ id }) => id)).toEqual([connection?.id]);
  expect(await bank.jobsOf()).toHaveLength(2);
  const foreign = await bank.visit({ connectionId: connection?.id ?? "" }, "user-2");
  expect([foreign.page.status, foreign.page.alerts]).toEqual([404, ["Requested connection does not exist."]]);
});

test("a login that is sent twice begins one job", async () => {
  const bank = await openConsentUi();
  const person = await bank.agreed({ institutionId: "AU00000" });
  const form = person.form("Continue");
  const body = filledIn(form, { Login: "jared", Password: "django" });
  const send = () => person.post(form.action, body);
  const [one, other] = [await send(), await send()];
  expect([one.status, other.status]).toEqual([303, 303]);
  expect(one.headers.get("location")).toBe(other.headers.get("location"));
  expect(await bank.jobsOf()).toHaveLength(1);
});

test("a window that is closed before the way back leaves the connection and its job, and the events tell", async () => {
  const bank = await openConsentUi();
  const person = await bank.agreed({ institutionId: "AU00000" });
  await person.submit("Continue", { Login: "jared", Password: "django" });
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
