import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type ApiAccess, signIn } from "./own-api.ts";

/** A published test user of the sandbox. This bank asks for a code at every login. */
const USER_ID = "demonstration";
const LOGIN = { loginId: "jared", password: "django", institution: { id: "AU00002" } };
const ANSWER = ["1234"];

const POLL_EVERY_MS = 100;
/** At the bank's normal speed (`TIME_SCALE=1`), the job takes about ten seconds. */
const OVER_WITHIN_MS = 60_000;

/** A day: people read before they try local mode. */
const LINK_MINUTES = 24 * 60;

const linkReply = z.object({ links: z.object({ public: z.string() }) });
const stubReply = z.object({ id: z.string() });
const jobReply = z.object({
  steps: z.array(
    z.object({
      title: z.string(),
      status: z.string(),
      result: z.looseObject({ input: z.array(z.string()).optional() }).nullable(),
    }),
  ),
});

export interface DemonstrationOptions extends ApiAccess {
  print(line: string): void;
}

/**
 * Connects one bank with MFA through our own HTTP API, as a mobile backend does, and prints each change of a step. Then prints a link
 * to the page on which a person does the same. Never throws: prints a failure in one line.
 */
export async function demonstrate(options: DemonstrationOptions): Promise<void> {
  try {
    await connectBank(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown error";
    options.print(`The demonstration stopped: ${why}`);
  }
}

async function connectBank({ apiUrl, apiKey, print }: DemonstrationOptions): Promise<void> {
  const startedAt = performance.now();
  const said = (text: string) => {
    const seconds = (performance.now() - startedAt) / 1000;
    print(`${seconds.toFixed(1).padStart(6)} s  ${text}`);
  };

  print(
    `A demonstration: ${LOGIN.loginId}, a test user, connects Pied Piper Bank (${LOGIN.institution.id}).`,
  );
  const api = await signIn({ apiUrl, apiKey });
  const { id } = await api.call("POST", `/users/${USER_ID}/connections`, stubReply, LOGIN);
  said("login posted, job accepted");

  const shown = new Map<string, string>();
  let hasAnswered = false;
  while (performance.now() - startedAt < OVER_WITHIN_MS) {
    const { steps } = await api.call("GET", `/jobs/${id}`, jobReply);
    for (const { title, status, result } of steps) {
      const asked = status === "in-progress" && result?.input !== undefined ? result.input : undefined;
      const state = asked === undefined ? status : `${status}, the bank asks: ${asked.join(", ")}`;
      // After the answer was accepted, the step stays in progress without a challenge. Do not print this state.
      if (shown.get(title) === state || (hasAnswered && status === "in-progress" && shown.has(title)))
        continue;
      if (status !== "pending") said(`${title.padEnd(22)} ${state}`);
      shown.set(title, state);
      if (asked !== undefined && !hasAnswered) {
        // The reply comes when the bank has decided.
        said(`answered for the user: ${ANSWER.join(", ")}`);
        await api.call("POST", `/jobs/${id}/mfa`, stubReply, { "mfa-response": ANSWER });
        hasAnswered = true;
      }
    }
    if (steps.every(({ status }) => status === "success" || status === "skipped")) {
      said("the bank is connected");
      print(`The job can be read at ${apiUrl}/jobs/${id}`);
      const fields = { expiresInMinutes: LINK_MINUTES };
      const { links } = await api.call("POST", `/users/${USER_ID}/auth_link`, linkReply, fields);
      print(`A person connects a bank at ${links.public}`);
      return;
    }
    const failed = steps.find(({ status }) => status === "failed");
    if (failed !== undefined) throw new Error(`the step ${failed.title} failed.`);
    await sleep(POLL_EVERY_MS);
  }
  throw new Error(`the job was not over within ${OVER_WITHIN_MS / 1000} s.`);
}
