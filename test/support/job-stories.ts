import { UpstreamRefused } from "../../functions/jobs/domain/errors.ts";
import type { Outcome } from "../../functions/jobs/domain/failures.ts";
import { failCurrentStep } from "../../functions/jobs/domain/steps.ts";
import type { Request } from "./crash-world.ts";
import type { FakePorts } from "./fake-ports.ts";
import { lookOf, PLAIN, question, stepsOf, WITH_MFA } from "./job-examples.ts";
import { answer, create, refresh, update } from "./story-requests.ts";

/** One way that a job can go. */
export interface Story {
  name: string;
  requests(): Request[];
  /** What upstream does in it. */
  set(ports: FakePorts): void;
  ends: Outcome;
  /** How it may end, too, when a request died and nobody made it again. */
  orElse?: Outcome[];
  /** Logins that upstream takes: at most one for each attempt. */
  logins: number;
  answers?: string[];
}

const verified = { ...WITH_MFA, "verify-credentials": "success" } as const;
export const done = lookOf(
  {
    ...verified,
    "mfa-challenge": "success",
    "retrieve-accounts": "success",
    "retrieve-transactions": "success",
  },
  { connectionId: "c1" },
);
export const donePlain = lookOf(
  { "verify-credentials": "success", "retrieve-accounts": "success", "retrieve-transactions": "success" },
  { connectionId: "c1" },
);
export const asking = (updated = "u1") =>
  lookOf(
    { ...verified, "mfa-challenge": "in-progress" },
    { challenge: { ...question, input: ["Code"] }, updated },
  );
export const deciding = lookOf({ ...verified, "mfa-challenge": "in-progress" }, { updated: "later" });
const wrong = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };

export function addConnection({ upstream }: FakePorts, institutionId = "AU00000"): void {
  upstream.addConnection({ id: "c1", institutionId });
}

const plainLooks = ({ upstream }: FakePorts) =>
  upstream.script.looks.push(
    lookOf(PLAIN),
    lookOf({ ...PLAIN, "verify-credentials": "success" }, { connectionId: "c1" }),
    donePlain,
  );

export const JOB_STORIES: Story[] = [
  {
    name: "a plain job",
    requests: () => [create()],
    set: plainLooks,
    ends: "succeeded",
    logins: 1,
  },
  {
    name: "a job that is asked for twice",
    requests: () => [create(), create()],
    set: plainLooks,
    ends: "succeeded",
    logins: 1,
  },
  {
    name: "a job whose login's and answer's replies are lost",
    requests: () => [create("AU00002"), answer("1234")],
    set: ({ upstream: { script } }) => {
      script.looks.push(asking());
      script.openings.push("reply-lost");
      script.answers.push("reply-lost");
      script.looksAfterAnswer.push([deciding, done]);
    },
    ends: "succeeded",
    orElse: ["mfa-expired"],
    logins: 1,
    answers: ["1234"],
  },
  {
    name: "a job whose login arrives when nobody waits for the reply any more",
    requests: () => [create()],
    set: ({ upstream: { script } }) => {
      script.looks.push(donePlain);
      script.openings.push("under-way");
    },
    ends: "succeeded",
    logins: 1,
  },
  {
    name: "a job with two challenges",
    requests: () => [create("AU00002"), answer("1234"), answer("5678", 2)],
    set: ({ upstream: { script } }) => {
      script.looks.push(asking());
      script.looksAfterAnswer.push([deciding, asking("u2")], [deciding, done]);
    },
    ends: "succeeded",
    orElse: ["mfa-expired"],
    logins: 1,
    answers: ["1234", "5678"],
  },
  {
    name: "a job whose challenge nobody answers",
    requests: () => [create("AU00002")],
    set: ({ upstream: { script } }) => script.looks.push(asking()),
    ends: "mfa-expired",
    logins: 1,
  },
  {
    name: "a job whose login the bank refuses",
    requests: () => [create()],
    set: ({ upstream: { script } }) =>
      script.looks.push(lookOf(PLAIN), lookOf(PLAIN, { steps: failCurrentStep(stepsOf(PLAIN), wrong) })),
    ends: "credentials-refused",
    logins: 1,
  },
  {
    name: "a job whose login upstream does not even take",
    requests: () => [create()],
    set: ({ upstream: { script } }) => {
      // However often the run dies before it can write that down.
      for (let times = 0; times < 20; times++) script.openings.push(new UpstreamRefused(400, wrong));
    },
    ends: "credentials-refused",
    logins: 0,
  },
  {
    name: "a refresh that asks",
    requests: () => [refresh("c1"), answer("1234")],
    set: (ports) => {
      addConnection(ports, "AU00002");
      ports.upstream.script.looks.push(asking());
      ports.upstream.script.looksAfterAnswer.push([deciding, done]);
    },
    ends: "succeeded",
    orElse: ["mfa-expired"],
    logins: 1,
    answers: ["1234"],
  },
  {
    name: "an update, and a refresh that joins it",
    requests: () => [update("c1"), refresh("c1")],
    set: (ports) => {
      addConnection(ports);
      plainLooks(ports);
    },
    ends: "succeeded",
    logins: 1,
  },
];
