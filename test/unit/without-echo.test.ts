import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { withoutEcho } from "../../functions/jobs/domain/redaction.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import type { StepError } from "../../functions/jobs/domain/steps.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { lookOf, PLAIN, question, USER_ID } from "../support/job-examples.ts";
import { scriptedUpstream } from "../support/scripted-aggregator.ts";

const PASSWORD = 'p"ä/ss\\word';
const login = {
  loginId: new Secret("login-4711"),
  password: new Secret(PASSWORD),
  securityCode: new Secret("123"),
};
const FORMS = [
  ["as it is", PASSWORD, "[secret]"],
  ["as JSON", JSON.stringify({ password: PASSWORD }), '{"password":"[secret]"}'],
  [
    "in an address",
    `https://bank.example/?q=${encodeURIComponent(PASSWORD)}`,
    "https://bank.example/?q=[secret]",
  ],
  ["another secret", "No user login-4711.", "No user [secret]."],
  ["in another case", "No user LOGIN-4711.", "No user [secret]."],
] as const;
const WORDS = { code: "invalid-credentials", title: "Cannot login", detail: "Code 123 is wrong." };

function upstreamOf() {
  const upstream = scriptedUpstream(fakeClock());
  return { script: upstream.script, guarded: withoutEcho(upstream) };
}

async function refusedWith(problem: StepError): Promise<unknown> {
  const { script, guarded } = upstreamOf();
  script.openings.push(new UpstreamRefused(400, problem));
  return guarded.openConnection(USER_ID, "AU00000", login).catch((error: unknown) => error);
}

describe.each(FORMS)("a login that upstream repeats %s", (_, words, masked) => {
  test("is masked in a refusal, with the sentence around it", async () => {
    const echo = { code: words, title: words, detail: `It was ${words}!` };
    const problem = { code: "[secret]", title: "[secret]", detail: "[secret]" };
    expect(await refusedWith(echo)).toMatchObject({ name: "UpstreamRefused", status: 400, problem });
  });

  test("is masked in what the job shows, alone where the user has to read the sentence", async () => {
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

test("an answer that is repeated is masked, as is a new login", async () => {
  const { script, guarded } = upstreamOf();
  const refusal = new UpstreamRefused(400, { ...WORDS, title: "Not 9876", detail: "login-4711" });
  script.answers.push(refusal);
  await expect(guarded.answer("job", [new Secret("9876")])).rejects.toMatchObject({
    problem: { ...WORDS, title: "[secret]", detail: "login-4711" },
  });
  script.openings.push(refusal);
  await expect(guarded.updateConnection(USER_ID, "connection", login)).rejects.toMatchObject({
    problem: { title: "[secret]", detail: "[secret]" },
  });
});

describe("as upstream gave it stays", () => {
  test("what repeats nothing, or too little to tell", async () => {
    expect(await refusedWith(WORDS)).toMatchObject({ problem: WORDS });
  });

  test.each(["invalid-credentials", "service-unavailable"])(
    "a code that decides something: %s",
    async (code) => {
      const { script, guarded } = upstreamOf();
      script.openings.push(new UpstreamRefused(400, { ...WORDS, code }));
      const opening = guarded.openConnection(USER_ID, "AU00000", {
        securityCode: new Secret(code.slice(0, 7)),
      });
      await expect(opening).rejects.toMatchObject({ problem: { code } });
    },
  );

  test("the titles, states and links of published steps", async () => {
    const { script, guarded } = upstreamOf();
    const result = { type: "link", url: "/users/u/accounts?filter=institution.id.eq('AU00000')" } as const;
    const steps = [{ title: "retrieve-accounts", status: "success", result } as const];
    script.looks.push(lookOf({}, { steps }));
    const words = ["accounts", "success", "AU00000"].map((text) => new Secret(text));
    const { upstreamJobId } = await guarded.openConnection(USER_ID, "AU00000", login);
    await guarded.answer(upstreamJobId, words);
    expect((await guarded.job(upstreamJobId)).steps).toEqual(steps);
  });

  test("the moment of a change, by which an answered challenge is told, and a title that is a word", async () => {
    const { script, guarded } = upstreamOf();
    const steps = [{ title: "retrieve-statements", status: "pending", result: null } as const];
    const updated = "2026-01-05T09:00:00Z";
    script.looks.push(lookOf({}, { steps, updated }));
    const { upstreamJobId } = await guarded.openConnection(USER_ID, "AU00000", {
      loginId: new Secret("statements"),
      securityCode: new Secret("2026"),
    });
    expect(await guarded.job(upstreamJobId)).toMatchObject({ steps, updated });
  });

  test("other errors, and what another run has sent", async () => {
    const { script, guarded } = upstreamOf();
    script.openings.push("never-arrived");
    await expect(guarded.openConnection(USER_ID, "AU00000", login)).rejects.toThrow(UpstreamUnavailable);
    const other = upstreamOf();
    other.script.looks.push(
      lookOf(PLAIN, { challenge: { ...question, input: ["Code"], description: PASSWORD } }),
    );
    const { upstreamJobId } = await other.guarded.openConnection(USER_ID, "AU00000", {});
    expect(await other.guarded.job(upstreamJobId)).toMatchObject({ challenge: { description: PASSWORD } });
  });
});
