import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { apiKey, gavin, jared, openSandbox, stepMs } from "./open-sandbox.ts";

test("no login, answer, key or token that was received is ever shown or kept", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const dataFile = join(folder, "state.json");
  const bank = await openSandbox({ dataFile, apiKey });
  const path = "/users/user-1/connections";
  const id = await bank.create("AU00002", jared);
  await bank.create("AU00000", { loginId: "login-unknown", password: "password-unknown" });
  await bank.create("AU00006", { ...gavin, securityCode: "code-sent", secondaryLoginId: "second-sent" });
  await bank.create("AU19301", { userToken: "token:PTln18RhwL" });
  await bank.create("AU19301", { userToken: "token:refused" });
  await bank.send("POST", path, { text: '{"password":"half-sent' });
  await bank.send("POST", path, {
    body: { password: "alone-sent", institution: { id: "institution-sent" } },
  });
  bank.pass(stepMs);
  const connection = await bank.connectionOf(id);
  await bank.send("POST", `${path}/${connection}`, { body: { password: "password-updated" } });
  await bank.answer(id, ["answer-sent", "answer-two"]);
  await bank.answer(id, ["answer-wrong"]);
  const other = await bank.create("AU00002", { loginId: "Whistler", password: "ShowBox" });
  bank.pass(stepMs);
  await bank.answer(other, ["Basiq", "answer-half"]);
  const token = await bank.newToken();
  const afterTokens = bank.said.length;
  bank.pass(10 * stepMs);
  for (const job of [id, other]) await bank.job(job);
  await bank.send("GET", "/users/user-1/jobs");
  await bank.send("GET", path);
  await bank.ledger();

  const kept = await bank.kept();
  const sent = [
    ...["django", "hooli2016", "ShowBox", "PTln18RhwL", "token:refused", "login-unknown", "password-unknown"],
    ...["code-sent", "second-sent", "half-sent", "alone-sent", "institution-sent", "password-updated"],
    ...["answer-sent", "answer-two", "answer-wrong", "answer-half", apiKey],
  ];
  for (const secret of sent) {
    expect(kept).not.toContain(secret);
    expect(bank.said.join("\n")).not.toContain(secret);
  }
  expect(kept).not.toContain(token);
  expect(bank.said.slice(afterTokens).join("\n")).not.toContain(token);
});
