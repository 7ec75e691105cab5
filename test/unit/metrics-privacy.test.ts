import { expect, test } from "vitest";
import { measuredUpstream } from "../../functions/aggregators/measured-upstream.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { packLogin } from "../../functions/jobs/domain/login.ts";
import { METRICS } from "../../functions/jobs/domain/metrics.ts";
import { loginOf } from "../../functions/jobs/domain/secret.ts";
import { measuredJobStore } from "../../functions/jobs/store/job-store.ts";
import { extract, membersOf, recordedMetrics } from "../support/captured-output.ts";
import { type FakePorts, fakePorts } from "../support/fake-ports.ts";
import {
  gavin,
  jobOf,
  lookOf,
  PLAIN,
  question,
  stepsOf,
  USER_ID,
  WITH_MFA,
} from "../support/job-examples.ts";
import { driveJob } from "../support/job-stories.ts";

const WORDS = "words-of-upstream";
const CONNECTION_ID = "8fce3b";
const ANSWER = "answer-9876";
const refusal = new UpstreamRefused(400, { code: WORDS, title: WORDS, detail: WORDS });
const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const asking = lookOf(
  { ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" },
  { challenge: { ...question, input: ["Code"] }, connectionId: CONNECTION_ID },
);

interface Story {
  name: string;
  user?: string[];
  set(script: FakePorts["upstream"]["script"]): void;
  measures: string[];
}

const stories: Story[] = [
  {
    name: "a plain job",
    set: (script) => script.looks.push(lookOf(PLAIN), lookOf(done, { connectionId: CONNECTION_ID })),
    measures: ["JobsStarted 1", "JobsFinished succeeded 1"],
  },
  {
    name: "a job whose user answers",
    user: [ANSWER],
    set: (script) => {
      script.looks.push(asking);
      script.looksAfterAnswer.push([lookOf({ ...done, "mfa-challenge": "success" })]);
    },
    measures: ["ChallengesOpened 1", "ChallengesAnswered 1", "JobsFinished succeeded 1"],
  },
  {
    name: "a job whose user does not",
    set: (script) => script.looks.push(asking),
    measures: ["ChallengesExpired 1", "JobsFinished mfa-expired 1"],
  },
  {
    name: "a job that upstream refuses in words of its own",
    set: (script) => script.openings.push(refusal),
    measures: ["UpstreamRefusals login 1", "JobsFinished other 1"],
  },
  {
    name: "a job with a step of upstream's own that fails",
    set: (script) => {
      const failing = { title: WORDS, status: "failed", result: refusal.problem } as const;
      script.looks.push(lookOf({}, { steps: [...stepsOf(done), failing] }));
    },
    measures: ["JobsFinished other 1"],
  },
  {
    name: "a job whose login's reply is lost, as are looks",
    set: (script) => {
      script.openings.push("reply-lost");
      script.looks.push(new UpstreamUnavailable(), refusal, lookOf(done));
    },
    measures: ["UpstreamFailures login 1", "UpstreamErrors AU00000 1", "UpstreamFailures look 1"],
  },
];

test.each(stories)(
  "$name is measured, and no line tells whose it is",
  async ({ user = [], set, measures }) => {
    const fakes = fakePorts();
    const { metrics, lines, measured } = recordedMetrics();
    const ports: FakePorts = {
      ...fakes,
      jobs: { ...fakes.jobs, ...measuredJobStore(fakes.jobs, metrics) },
      upstream: { ...fakes.upstream, ...measuredUpstream(fakes.upstream, metrics) },
    };
    const job = jobOf();
    ports.jobs.put(job);
    await ports.vault.keep(loginOf(job), packLogin(gavin), ports.clock.after(3600_000));
    set(fakes.upstream.script);
    await driveJob(ports, job.id, user);

    expect(measured()).toEqual(expect.arrayContaining(measures));
    const text = lines.map((line) => JSON.stringify(line)).join("\n");
    const upstreamJobIds = ports.jobs.written.flatMap(({ upstreamJobId }) => upstreamJobId ?? []);
    const logins = Object.values(gavin).map((secret) => secret.reveal());
    for (const somebodys of [job.id, USER_ID, CONNECTION_ID, WORDS, ANSWER, ...logins, ...upstreamJobIds]) {
      expect(text).not.toContain(somebodys);
    }
    const known = [...Object.keys(METRICS), "Outcome", "Step", "Call", "Institution"];
    expect(lines.flatMap(membersOf).filter((name) => !known.includes(name))).toEqual([]);
    expect(lines.flatMap(extract).length).toBeGreaterThan(1);
  },
);
