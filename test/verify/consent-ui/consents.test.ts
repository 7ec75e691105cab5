import { expect, test } from "vitest";
import { day, start } from "../../sandbox/open-sandbox.ts";
import { type ConsentUi, connectHooli, openConsentUi } from "./visitor.ts";

const statuses = async (bank: ConsentUi) => (await bank.consents()).map(({ status }) => status);

test.each(["connect", "extend", "update", "reauthorise"])(
  "the action %s needs a consent, and says so",
  async (action) => {
    const bank = await openConsentUi();
    const person = await bank.visit({ action, state: "s" });
    expect([person.page.status, person.page.alerts]).toEqual([404, ["Requested consent does not exist."]]);
    expect(person.page.html).toContain("<code>resource-not-found</code>");
    expect(person.link("Back to the app")).toContain("state=s");
    await bank.agreed();
    expect((await bank.visit({ action })).page.status).toBe(200);
  },
);

test("a consent is extended to a year from the day on which the person presses the button", async () => {
  const bank = await openConsentUi();
  await bank.agreed();
  const expiry = async () => Date.parse((await bank.consents())[0]?.expiryDate ?? "") - start;
  expect(await expiry()).toBe(365 * day);
  bank.pass(100 * day);
  const person = await bank.visit({ action: "extend" });
  expect(await expiry()).toBe(365 * day);
  await person.submit("Extend it to a year from now");
  expect([await expiry(), await statuses(bank)]).toEqual([465 * day, ["active"]]);
  expect(person.page.heading).toBe("What you share");
});

test("an update extends the consent while the policy is the same, and ends it with all connections when the policy has changed", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await bank.agreed());
  expect((await bank.visit({ action: "update" })).page.heading).toBe("Extend your consent");
  await bank.control("PUT", "/consent-ui", { policy: 2 });
  const person = await bank.visit({ action: "update" });
  expect(person.page.heading).toBe("Agree to new terms");
  expect(person.page.alerts[0]).toContain("Hooli Bank");
  expect([await statuses(bank), await bank.connectionsOf()]).toEqual([
    ["active"],
    [expect.objectContaining({ status: "active" })],
  ]);
  await person.submit("I agree");
  expect([await statuses(bank), await bank.connectionsOf()]).toEqual([["active", "revoked"], []]);
  expect(person.page.heading).toBe("Choose your bank");
  await connectHooli(bank, person);
  expect((await bank.visit({ action: "update" })).page.heading).toBe("Extend your consent");
});

test("a person deletes one connection, ends the consent, and sees the consents of before", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await bank.agreed());
  const person = await bank.visit({ action: "manage" });
  expect(person.page.forms.map(({ button }) => button)).toEqual([
    "Delete the connection to Hooli Bank",
    "End my consent and delete all connections",
  ]);
  await person.submit("Delete the connection to Hooli Bank");
  expect([await bank.connectionsOf(), await statuses(bank)]).toEqual([[], ["active"]]);
  await connectHooli(bank, await bank.visit({ action: "connect" }));
  await (await bank.visit({ action: "manage" })).submit("End my consent and delete all connections");
  expect([await bank.connectionsOf(), await statuses(bank)]).toEqual([[], ["revoked"]]);
  const after = await bank.visit({ action: "manage" });
  expect([after.page.forms, after.page.html.includes("revoked on 2026-01-05")]).toEqual([[], true]);
});

test("a program ends a consent, and the page asks for another one", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await bank.agreed());
  const [consent] = await bank.consents();
  const token = await bank.newToken({}, "3.0");
  const path = `/users/user-1/consents/${consent?.id}`;
  expect((await bank.send("DELETE", path, { token })).status).toBe(204);
  expect((await bank.send("DELETE", path, { token })).status).toBe(404);
  expect(await bank.connectionsOf()).toEqual([]);
  await bank.agreed();
  expect(await statuses(bank)).toEqual(["active", "revoked"]);
});

test("no test bank has a connection that must be renewed", async () => {
  const bank = await openConsentUi();
  await connectHooli(bank, await bank.agreed());
  const person = await bank.visit({ action: "reauthorise" });
  expect([person.page.heading, person.page.forms]).toEqual(["Renew your connections", []]);
});
