/** Faults of the sandbox that reply in its place. */

export function replyWith(path: string, body: object, method = "GET") {
  return {
    method,
    path,
    times: 1000,
    do: { status: method === "POST" ? 202 : 200, body: JSON.stringify(body) },
  };
}

/** The aggregator takes every login and every answer. */
export const TAKES_ALL = [
  replyWith("/users/*/connections", { type: "job", id: "any" }, "POST"),
  replyWith("/jobs/*", { type: "job", id: "any" }, "POST"),
];

function upstreamStep(title: string, status: string, result: object | null) {
  return { title, status, result };
}

function upstreamJob(steps: object[]) {
  return { type: "job", id: "any", updated: "2026-01-01T00:00:00Z", steps };
}

/** Each job has failed, because of the answer. */
export function jobThatFails(error: object = { code: "mfa-failed", title: "Any", detail: "Any" }) {
  const steps = [
    upstreamStep("verify-credentials", "success", null),
    upstreamStep("mfa-challenge", "failed", error),
  ];
  return replyWith("/jobs/*", { ...upstreamJob(steps), updated: "2026-01-01T00:00:01Z" });
}

/** Each job asks, and goes on asking. */
export function jobThatAsks(challenge: object) {
  const steps = [
    upstreamStep("verify-credentials", "success", null),
    upstreamStep("mfa-challenge", "in-progress", { type: "mfa", ...challenge }),
  ];
  return replyWith("/jobs/*", upstreamJob(steps));
}
