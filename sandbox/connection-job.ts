import type { Outcome, Situation } from "./call.ts";
import { challengeFor } from "./challenges.ts";
import { conditionOf, isUnavailable } from "./institution-condition.ts";
import { type Institution, showsMfaStep } from "./institutions.ts";
import { jobStub } from "./job-reply.ts";
import { isFinished } from "./job-timeline.ts";
import { institutionDown } from "./refusal.ts";
import { jsonReply } from "./reply.ts";
import type { Connection, Job, MfaPlan, State } from "./state.ts";

/**
 * Creates a new job for the connection and stores both. As published, while an earlier job of the user at the institution is
 * not finished, the reply is 200 with that job, and nothing happens.
 */
export function startJob(situation: Situation, connection: Connection, institution: Institution): Outcome {
  const { state, now, setting } = situation;
  const original = unfinishedJob(situation, connection);
  if (original !== undefined) return { reply: jsonReply(200, jobStub(original.id, setting.baseUrl)) };
  const condition = conditionOf(state, institution.id);
  const outage = isUnavailable(condition.status) ? condition.outage : "none";
  if (outage === "refuse") return { refusal: institutionDown };
  const isLoginTried = outage !== "fail" && connection.login.verdict === "accepted";
  const { mfa, askCounts } = planMfa(state, connection, institution, isLoginTried);
  const job: Job = {
    id: setting.newId(),
    userId: connection.userId,
    connectionId: connection.id,
    institutionId: institution.id,
    createdAt: now,
    startedAt: outage === "queue" ? null : now,
    timeScale: setting.timeScale,
    verdict: outage === "fail" ? "institution-not-available" : connection.login.verdict,
    mfa,
    answer: null,
  };
  return {
    reply: jsonReply(202, jobStub(job.id, setting.baseUrl)),
    change: {
      askCounts,
      jobs: new Map([...state.jobs, [job.id, job]]),
      connections: new Map([...state.connections, [connection.id, { ...connection, lastUsedAt: now }]]),
    },
  };
}

/** A job of a deleted connection, or of a statement, blocks no other job. */
function unfinishedJob({ state, now }: Situation, { userId, institutionId }: Connection): Job | undefined {
  return [...state.jobs.values()].find(
    (job) =>
      job.userId === userId &&
      job.institutionId === institutionId &&
      !job.isStatement &&
      state.connections.get(job.connectionId)?.deletedAt === undefined &&
      !isFinished(job, now),
  );
}

function planMfa(
  state: State,
  connection: Connection,
  institution: Institution,
  isLoginTried: boolean,
): { mfa: MfaPlan; askCounts: State["askCounts"] } {
  const { askCounts } = state;
  if (!showsMfaStep(institution)) return { mfa: { kind: "no-step" }, askCounts };
  const challenge = challengeFor(institution, connection.login.testUser);
  const asked = { kind: "asked", challenge } as const;
  if (institution.authorization === "user-mfa" || !isLoginTried) return { mfa: asked, askCounts };
  const login = `${connection.userId}/${connection.login.testUser}`;
  const count = askCounts.get(login) ?? 0;
  return {
    mfa: count % 2 === 0 ? asked : { kind: "skipped" },
    askCounts: new Map([...askCounts, [login, count + 1]]),
  };
}
