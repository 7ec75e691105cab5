import { describe, expect, test } from "vitest";
import { connected, connectionPath, connectionStatus, refresh, update } from "./connected.ts";
import { gavin, jared, openSandbox, stepMs } from "./open-sandbox.ts";
import { connectionListShape, connectionShape } from "./reply-shapes.ts";

describe("an update", () => {
  test("takes a new password for the login that the connection knows", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00000", { ...gavin, password: "old" });
    expect(await connectionStatus(bank, connection)).toBe("invalid");
    const job = await update(bank, connection, { password: "hooli2016" });
    bank.pass(stepMs);
    expect(await bank.connectionOf(job)).toBe(connection);
    expect(await connectionStatus(bank, connection)).toBe("active");
  });

  test("fails on a wrong password", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00000", gavin);
    const job = await update(bank, connection, { password: "wrong" });
    bank.pass(stepMs);
    expect(await bank.statuses(job)).toEqual(["failed", "pending", "pending"]);
    expect(await connectionStatus(bank, connection)).toBe("invalid");
  });

  test("may change who logs in", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00000", gavin);
    await update(bank, connection, jared);
    bank.pass(stepMs);
    const { profile } = await bank.expectReply(connectionShape, 200, "GET", connectionPath(connection));
    expect(profile?.fullName).toBe("Jared Dunn");
  });

  test("takes a new user token", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU19301", { userToken: "token:old" });
    await update(bank, connection, { userToken: "token:PTln18RhwL" });
    bank.pass(stepMs);
    expect(await connectionStatus(bank, connection)).toBe("active");
  });

  test.each([
    ["AU00000", gavin, "Password parameter is required."],
    ["AU19301", { userToken: "token:PTln18RhwL" }, "User token parameter is required."],
  ])("at %s without a secret is refused", async (institution, login, detail) => {
    const bank = await openSandbox();
    const connection = await connected(bank, institution, login);
    const errors = await bank.refused(400, "POST", connectionPath(connection), { body: {} });
    expect(errors).toMatchObject([{ code: "parameter-not-supplied", detail }]);
  });
});

test("an update must be a JSON object, and say so", async () => {
  const bank = await openSandbox();
  const connection = connectionPath(await connected(bank, "AU00000", gavin));
  expect((await bank.refused(400, "POST", connection, { text: "[]" }))[0]?.code).toBe("invalid-content");
  const [error] = await bank.refused(415, "POST", connection, {
    text: JSON.stringify(gavin),
    headers: { "content-type": "text/plain" },
  });
  expect(error?.code).toBe("unsupported-content-type");
});

describe("a refresh", () => {
  test("runs with the login that the connection knows", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00000", gavin);
    const job = await refresh(bank, connection);
    expect(await bank.statuses(job)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(3 * stepMs);
    expect(await bank.statuses(job)).toEqual(["success", "success", "success"]);
    expect(await bank.connectionOf(job)).toBe(connection);
  });

  test("fails again where the login was refused", async () => {
    const bank = await openSandbox();
    await bank.create("AU00000", { loginId: "bighead", password: "password" });
    const list = await bank.expectReply(connectionListShape, 200, "GET", "/users/user-1/connections");
    const job = await refresh(bank, list.data[0]?.id ?? "");
    bank.pass(stepMs);
    expect((await bank.step(job, "verify-credentials"))?.result).toMatchObject({
      detail: "Account is locked",
    });
  });

  test("asks the user again at an institution that always asks", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00002", jared);
    const job = await refresh(bank, connection);
    bank.pass(stepMs);
    expect((await bank.step(job, "mfa-challenge"))?.result).toMatchObject({ input: ["OTP Password"] });
  });

  test("counts as a login at an institution that asks sometimes", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00003", jared);
    const job = await refresh(bank, connection);
    bank.pass(stepMs);
    expect((await bank.step(job, "mfa-challenge"))?.status).toBe("skipped");
  });
});
