import { expect, test } from "vitest";
import { day, start } from "../../sandbox/open-sandbox.ts";
import { type ConsentUi, connectHooli, openConsentUi } from "./visitor.ts";

const agreed = async (bank: ConsentUi) => (await bank.visit()).press("I agree");
const statuses = async (bank: ConsentUi) => (await bank.consents()).map(({ status }) => status);

test.each(["connect", "extend", "update", "reauthorise"])(
  "the action %s needs a consent, and says so",
  async (action) => {
    const bank = await openConsentUi();
    const person = await bank.visit({ action, state: "s" });
    expect([person.seen.status, person.alerts]).toEqual([404, ["Requested consent does not exist."]]);
    expect(person.seen.html).toContain("<code>resource-not-found</code>");
    expect(person.link("Back to the app")).toContain("state=s");
    await agreed(bank);
    expect((await bank.visit({ action })).seen.status).toBe(200);
  },
);

test("a consent is extended to a year from the day on which the person presses the button", async () => {
  const bank = await openConsentUi();
  await agreed(bank);
  const expiry = async () => Date.parse((await bank.consents())[0]?.expiryDate ?? "") - start;
  expect(await expiry()).toBe(365 * day);
  bank.pass(100 * day);
  const person = await bank.visit({ action: "extend" });
  expect(await expiry()).toBe(365 * day);
  await person.press("Extend it to a year from now");
  expect([await expiry(), await statuses(bank)]).toEqual([465 * day, ["active"]]);
  expect(person.title).toBe("What you share");
});

test("an update extends the consent while the policy is the same, and ends it with all connections when the policy has changed", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await agreed(bank));
  expect((await bank.visit({ action: "update" })).title).toBe("Extend your consent");
  await bank.control("PUT", "/consent-ui", { policy: 2 });
  const person = await bank.visit({ action: "update" });
  expect(person.title).toBe("Agree to new terms");
  expect(person.alerts[0]).toContain("Hooli Bank");
  expect([await statuses(bank), await bank.connectionsOf()]).toEqual([
    ["active"],
    [expect.objectContaining({ status: "active" })],
  ]);
  await person.press("I agree");
  expect([await statuses(bank), await bank.connectionsOf()]).toEqual([["active", "revoked"], []]);
  expect(person.title).toBe("Choose your bank");
  await connectHooli(bank, person);
  expect((await bank.visit({ action: "update" })).title).toBe("Extend your consent");
});

test("a person deletes one connection, ends the consent, and sees the consents of before", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await agreed(bank));
  const person = await bank.visit({ action: "manage" });
  expect(person.forms.map(({ button }) => button)).toEqual([
    "Delete the connection to Hooli Bank",
    "End my consent and delete all connections",
  ]);
  await person.press("Delete the connection to Hooli Bank");
  expect([await bank.connectionsOf(), await statuses(bank)]).toEqual([[], ["active"]]);
  await connectHooli(bank, await bank.visit({ action: "connect" }));
  await (await bank.visit({ action: "manage" })).press("End my consent and delete all connections");
  expect([await bank.connectionsOf(), await statuses(bank)]).toEqual([[], ["revoked"]]);
  const after = await bank.visit({ action: "manage" });
  expect([after.forms, after.seen.html.includes("revoked on 2026-01-05")]).toEqual([[], true]);
});

test("a program ends a consent, and the page asks for another one", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await agreed(bank));
  const [consent] = await bank.consents();
  const token = await bank.newToken({}, "3.0");
  const path = `/users/user-1/consents/${consent?.id}`;
  expect((await bank.send("DELETE", path, { token })).status).toBe(204);
  expect((await bank.send("DELETE", path, { token })).status).toBe(404);
  expect(await bank.connectionsOf()).toEqual([]);
  await agreed(bank);
  expect(await statuses(bank)).toEqual(["active", "revoked"]);
});

test("no test bank has a connection that must be renewed", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await agreed(bank));
  const person = await bank.visit({ action: "reauthorise" });
  expect([person.title, person.forms]).toEqual(["Renew your connections", []]);
});
