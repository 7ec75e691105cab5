import { connectionJobs, failureOf, stateOf } from "connection-jobs/client";

const client = connectionJobs({ url: "http://127.0.0.1:3000", apiKey: "local-development-key" });

/** Connects a bank. `ask` shows a question to the user, and returns the user's answer. */
export async function connectBank(
  userId: string,
  ask: (question: string, signal: AbortSignal) => Promise<string>,
): Promise<string> {
  const login = { institutionId: "AU00002", loginId: "jared", password: "django" };
  const { id } = await client.connect({ userId, ...login });
  const jobs = client.watch(id, {
    onChallenge: ({ input }, _job, signal) => Promise.all(input.map((question) => ask(question, signal))),
  });
  for await (const job of jobs) {
    if (stateOf(job) === "queued") return "The bank is down. We try again for up to 7 days.";
    const failure = failureOf(job);
    if (failure !== undefined) return failure.detail;
  }
  return "The bank is connected.";
}
