import { cachedInstitutions } from "../../functions/aggregators/cached-institutions.ts";
import { UpstreamRefused } from "../../functions/jobs/domain/errors.ts";
import type { Login } from "../../functions/jobs/domain/login.ts";
import type { Upstream } from "../../functions/jobs/domain/ports.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { basiqSandbox, type Fault } from "../support/basiq-replies.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { gavin, lookOf, PLAIN, question, WITH_MFA } from "../support/job-examples.ts";
import { type Fate, type Look, OUTAGE_PROBLEM, scriptedUpstream } from "../support/scripted-aggregator.ts";

/** A login, where it goes, and what answers the challenge, if the bank asks. */
export interface Attempt {
  institutionId: string;
  login: Login;
  answers: Secret[];
}

/** An aggregator in front of a bank that does as a test wants. */
export interface Bank {
  upstream: Upstream;
  institutions: Pick<Upstream, "institution">;
  clock: FakeClock;
  /** The next login is taken, is found wrong, or is taken once a challenge is answered. */
  takes(): Attempt;
  findsWrong(): Attempt;
  asks(): Attempt;
  /** The next post is done, and its reply is lost. */
  losesReply(): Promise<void>;
  /** The next post does not arrive. */
  losesRequest(): Promise<void>;
  /** The next post meets this job, which is not over. */
  meets(upstreamJobId: string): void;
  /** The aggregator refuses the next post. */
  refuses(): Promise<void>;
  /** The aggregator gives no reply from now on. */
  goesDown(): Promise<void>;
  /** The bank is down from now on, and the aggregator knows. */
  isDown(institutionId: string): Promise<void>;
  close(): Promise<void>;
}

const verified = { "verify-credentials": "success" } as const;
const done = { "retrieve-accounts": "success", "retrieve-transactions": "success" } as const;
const wrong = { code: "invalid-credentials", title: "Cannot login", detail: "Invalid credentials" };
const jared = { loginId: new Secret("jared"), password: new Secret("django") };

export async function scriptedBank(): Promise<Bank> {
  const clock = fakeClock();
  const upstream = scriptedUpstream(clock);
  const { script } = upstream;
  let made = 0;

  /** What the next job shows. */
  function shows(institutionId: string, statuses: Parameters<typeof lookOf>[0][], more: Partial<Look> = {}) {
    script.looksByJob.push(statuses.map((steps) => ({ ...lookOf(steps), institutionId, ...more })));
    return { institutionId, login: gavin, answers: [] };
  }
  const next = async (fate: Fate) => {
    script.openings.push(fate);
    script.answers.push(fate);
  };

  script.looks.push({ steps: lookOf({ ...PLAIN, ...verified, ...done }).steps });
  return {
    upstream,
    institutions: { institution: async (id) => upstream.institutions.get(id) },
    clock,
    takes: () => {
      const connectionId = `connection-${++made}`;
      const attempt = shows("AU00000", [PLAIN]);
      const steps = lookOf({ ...PLAIN, ...verified, ...done }).steps;
      script.looksByJob.at(-1)?.push({ steps, institutionId: "AU00000", connectionId });
      return attempt;
    },
    findsWrong: () => {
      const [first, ...rest] = lookOf(PLAIN).steps;
      const failed = { title: "verify-credentials", ...first, status: "failed", result: wrong } as const;
      return shows("AU00000", [PLAIN], { steps: [failed, ...rest] });
    },
    asks: () => {
      const asking = { ...WITH_MFA, ...verified, "mfa-challenge": "in-progress" } as const;
      const later = { institutionId: "AU00002", updated: "later" };
      script.looksAfterAnswer.push([
        { ...lookOf(asking), ...later },
        { ...lookOf({ ...asking, "mfa-challenge": "success", ...done }), ...later },
      ]);
      const challenge = { ...question, input: [...question.input] };
      return { ...shows("AU00002", [asking], { challenge }), answers: [new Secret("1234")] };
    },
    losesReply: () => next("reply-lost"),
    losesRequest: () => next("never-arrived"),
    meets: (upstreamJobId) => void script.openings.push({ upstreamJobId, isEarlier: true }),
    refuses: () => next(new UpstreamRefused(400, { code: "c", title: "t", detail: "d" })),
    goesDown: async () => {
      script.isDown = true;
    },
    isDown: async (institutionId) => {
      const institution = upstream.institutions.get(institutionId);
      if (institution !== undefined)
        upstream.institutions.set(institutionId, { ...institution, status: "major-outage" });
      await next(new UpstreamRefused(503, OUTAGE_PROBLEM));
    },
    close: async () => {},
  };
}

export async function basiqBank(): Promise<Bank> {
  const sandbox = await basiqSandbox();
  const { upstream, clock, setFaults, setInstitution, close } = sandbox;
  const posts = (fault: Fault["do"], times = 1) =>
    ["/users/*", "/jobs/*"].map((path) => ({ method: "POST" as const, path, times, do: fault }));
  const gone = { reset: "before" } as const;
  let made = 0;
  return {
    upstream,
    institutions: cachedInstitutions(upstream),
    clock,
    // The same login would get the same connection.
    takes: () => ({ institutionId: "AU00000", login: made++ % 2 === 0 ? gavin : jared, answers: [] }),
    findsWrong: () => ({
      institutionId: "AU00000",
      login: { ...gavin, password: new Secret("wrong") },
      answers: [],
    }),
    asks: () => ({ institutionId: "AU00002", login: jared, answers: [new Secret("1234")] }),
    losesReply: () => setFaults(...posts({ reset: "after" })),
    losesRequest: () => setFaults(...posts(gone)),
    meets: () => {},
    refuses: () => setFaults(...posts({ status: 400 })),
    goesDown: () => setFaults(...posts(gone, 50), { method: "GET", path: "/*", times: 50, do: gone }),
    isDown: (institutionId) => setInstitution(institutionId, { status: "major-outage", outage: "refuse" }),
    close,
  };
}
