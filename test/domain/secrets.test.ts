import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { serialize } from "node:v8";
import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { withoutEcho } from "../../functions/jobs/domain/redaction.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { lookOf, PLAIN, question, USER_ID } from "../support/job-examples.ts";
import { scriptedUpstream } from "../support/scripted-aggregator.ts";

describe("a Secret", () => {
  const TEXT = "hunter2-Zebra";
  const secret = new Secret(TEXT);
  const nested = { list: [secret], map: new Map([["login", secret]]), deep: { er: { est: { secret } } } };
  const error = Object.assign(new Error("failed", { cause: secret }), { secret });
  const everything = { showHidden: true, depth: null, getters: true } as const;

  test("reveals its value when asked", () => {
    expect(secret.reveal()).toBe(TEXT);
  });

  test.each([
    ["String()", () => String(secret)],
    ["a template", () => `${secret}`],
    ["toString", () => secret.toString()],
    ["+", () => Reflect.apply((a, b) => a + b, undefined, ["", secret])],
    ["JSON.stringify", () => JSON.parse(JSON.stringify(secret))],
    ["%s", () => format("%s", secret)],
    ["%O", () => format("%O", secret)],
    ["%o", () => format("%o", secret)],
    ["%j", () => JSON.parse(format("%j", secret))],
    ["inspect", () => inspect(secret, everything)],
  ])("prints as [secret] by %s", (_, print) => {
    expect(print()).toBe("[secret]");
  });

  function printed(print: (console: Console) => void): string {
    const chunks: string[] = [];
    const stream = new Writable({
      write(chunk, _, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    print(new Console({ stdout: stream, stderr: stream }));
    return chunks.join("");
  }

  test.each([
    ["nested JSON", JSON.stringify({ nested, error }, null, 2)],
    ["a deep inspection", inspect(nested, everything)],
    ["an inspection without its own form", inspect(secret, { ...everything, customInspect: false })],
    ["an inspection through a proxy", inspect(new Proxy(secret, {}), { showProxy: true, depth: null })],
    ["an inspected error", inspect(error, everything)],
    ["the stack of an error", String(new Error(`failed for ${secret}`).stack)],
    ["console.log", printed((console) => console.log("%s %o %O %j", secret, nested, nested, nested, secret))],
    ["console.error", printed((console) => console.error(error, nested))],
    ["console.dir", printed((console) => console.dir(nested, everything))],
    ["console.table", printed((console) => console.table([{ secret }, [secret]]))],
    ["a number", String(Number(secret))],
    ["a clone", inspect(structuredClone(secret), everything)],
    ["a spread", JSON.stringify({ ...secret })],
    ["its own names", JSON.stringify(Object.getOwnPropertyDescriptors(secret))],
    ["serialized bytes", serialize(secret).toString("latin1")],
  ])("does not show its value in %s", (_, text) => {
    expect(text).not.toContain("Zebra");
  });
});

const PASSWORD = 'p"ä/ss\\word';
const login = {
  loginId: new Secret("login-4711"),
  password: new Secret(PASSWORD),
  securityCode: new Secret("123"),
};
const WORDS = { code: "invalid-credentials", title: "Cannot login", detail: "Code 123 is wrong." };

function upstreamOf() {
  const upstream = scriptedUpstream(fakeClock());
  return { script: upstream.script, guarded: withoutEcho(upstream) };
}

describe.each([
  ["as it is", PASSWORD, "[secret]"],
  ["as JSON", JSON.stringify({ password: PASSWORD }), '{"password":"[secret]"}'],
  ["in a URL", `https://bank/?q=${encodeURIComponent(PASSWORD)}`, "https://bank/?q=[secret]"],
  ["in another case", "No user LOGIN-4711.", "No user [secret]."],
])("a login that the aggregator repeats %s", (_, words, masked) => {
  test("is masked in a refusal, with the sentence around it", async () => {
    const { script, guarded } = upstreamOf();
    script.openings.push(new UpstreamRefused(400, { code: words, title: words, detail: `It was ${words}!` }));
    await expect(guarded.openConnection(USER_ID, "AU00000", login)).rejects.toMatchObject({
      name: "UpstreamRefused",
      status: 400,
      problem: { code: "[secret]", title: "[secret]", detail: "[secret]" },
    });
  });

  test("is masked in the job, alone where the user has to read the sentence", async () => {
    const { script, guarded } = upstreamOf();
    const failed = { status: "failed", result: { ...WORDS, detail: words } } as const;
    const steps = [
      { title: "verify-credentials", ...failed },
      { title: words, ...failed },
    ];
    const challenge = { ...question, description: `Sent to ${words}.`, input: ["Code", words] };
    script.looks.push(lookOf({}, { steps, challenge }));
    const { upstreamJobId } = await guarded.openConnection(USER_ID, "AU00000", login);
    expect(await guarded.job(upstreamJobId)).toMatchObject({
      steps: [
        { title: "verify-credentials", status: "failed", result: { ...WORDS, detail: "[secret]" } },
        { title: "[secret]" },
      ],
      challenge: { description: `Sent to ${masked}.`, input: ["Code", masked] },
    });
  });
});

test("an answer and a new login that the aggregator repeats are masked", async () => {
  const { script, guarded } = upstreamOf();
  const refusal = new UpstreamRefused(400, { ...WORDS, title: "Not 9876", detail: "login-4711" });
  script.answers.push(refusal);
  await expect(guarded.answer(USER_ID, "job", [new Secret("9876")])).rejects.toMatchObject({
    problem: { ...WORDS, title: "[secret]", detail: "login-4711" },
  });
  script.openings.push(refusal);
  await expect(guarded.updateConnection(USER_ID, "connection", login)).rejects.toMatchObject({
    problem: { title: "[secret]", detail: "[secret]" },
  });
});

describe("the aggregator's text that stays", () => {
  test.each(["invalid-credentials", "service-unavailable", "temporary-unavailable-queued"])(
    "is a code that decides something, even if a security code is part of it: %s",
    async (code) => {
      const { script, guarded } = upstreamOf();
      script.openings.push(new UpstreamRefused(400, { ...WORDS, code }));
      const securityCode = new Secret(code.slice(0, 7));
      await expect(guarded.openConnection(USER_ID, "AU00000", { securityCode })).rejects.toMatchObject({
        problem: { ...WORDS, code },
      });
    },
  );

  test("is a title, a state, a link or a time, even if it contains a secret", async () => {
    const { script, guarded } = upstreamOf();
    const result = { type: "link", url: "/users/u/accounts?filter=institution.id.eq('AU00000')" } as const;
    const steps = [{ title: "retrieve-accounts", status: "success", result } as const];
    const updated = "2026-01-05T09:00:00Z";
    script.looks.push(lookOf({}, { steps, updated }));
    const { upstreamJobId } = await guarded.openConnection(USER_ID, "AU00000", {
      loginId: new Secret("accounts"),
      securityCode: new Secret("2026"),
    });
    await guarded.answer(USER_ID, upstreamJobId, [new Secret("success"), new Secret("AU00000")]);
    expect(await guarded.job(upstreamJobId)).toMatchObject({ steps, updated });
  });

  test("repeats a secret of less than 4 characters, or of another run", async () => {
    const { script, guarded } = upstreamOf();
    const challenge = { ...question, input: ["Code 123"], description: PASSWORD };
    script.looks.push(lookOf(PLAIN, { challenge }));
    const { upstreamJobId } = await guarded.openConnection(USER_ID, "AU00000", {
      securityCode: new Secret("123"),
    });
    expect(await guarded.job(upstreamJobId)).toMatchObject({ challenge });
  });
});

test("an error that is no refusal passes the mask unchanged", async () => {
  const { script, guarded } = upstreamOf();
  script.openings.push("never-arrived");
  await expect(guarded.openConnection(USER_ID, "AU00000", login)).rejects.toThrow(UpstreamUnavailable);
});
