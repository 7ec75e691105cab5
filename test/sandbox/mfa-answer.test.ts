import { describe, expect, test } from "vitest";
import { jared, openSandbox, stepMs, whistler } from "./open-sandbox.ts";

describe("an answer is refused", () => {
  test.each([
    ["nothing", undefined],
    ["one text", "1234"],
    ["none", []],
    ["too many", ["1234", "1234"]],
    ["an empty one", [""]],
    ["a number", [1234]],
  ])("when it is %s", async (_, answers) => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    const [error] = await bank.refused(400, "POST", `/jobs/${id}/mfa`, { body: { "mfa-response": answers } });
    expect(error).toMatchObject({ code: "parameter-not-valid", source: { parameter: "mfa-response" } });
    expect((await bank.step(id, "mfa-challenge"))?.result).not.toBeNull();
  });

  test("when too few are given for two questions", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", whistler);
    expect((await bank.answer(id, ["Basiq"])).status).toBe(400);
  });

  test("before the challenge opens, after it was passed, and where there is none", async () => {
    const bank = await openSandbox();
    const early = await bank.create("AU00002", jared);
    expect((await bank.answer(early, ["1234"])).status).toBe(409);
    bank.pass(stepMs);
    await bank.answer(early, ["1234"]);
    bank.pass(stepMs);
    expect((await bank.answer(early, ["1234"])).status).toBe(409);
    const never = await bank.createAndVerify("AU00000", jared);
    expect((await bank.answer(never, ["1234"])).status).toBe(409);
  });

  test("for a job that does not exist", async () => {
    const bank = await openSandbox();
    const [error] = await bank.refused(404, "POST", "/jobs/none/mfa", { body: { "mfa-response": ["1"] } });
    expect(error).toMatchObject({ code: "resource-not-found", detail: "Requested job does not exist." });
  });

  test("but taken without a content type", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    const text = JSON.stringify({ "mfa-response": ["1234"] });
    const reply = await bank.send("POST", `/jobs/${id}/mfa`, { text, headers: { "content-type": "" } });
    expect(reply.status).toBe(202);
  });
});
