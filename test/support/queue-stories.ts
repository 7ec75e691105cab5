import { UpstreamRefused } from "../../functions/jobs/domain/errors.ts";
import { failCurrentStep } from "../../functions/jobs/domain/steps.ts";
import { OUTAGE_PROBLEM } from "./bank-status.ts";
import type { FakePorts } from "./fake-ports.ts";
import { lookOf, PLAIN, stepsOf } from "./job-examples.ts";
import { addConnection, asking, deciding, done, donePlain, type Story } from "./job-stories.ts";
import { queuedUpstream } from "./queued-upstream.ts";
import { answer, cancel, create, refresh, resume, update } from "./story-requests.ts";

const HOUR = 3600_000;
const outage = new UpstreamRefused(503, OUTAGE_PROBLEM);
const outageStep = lookOf(PLAIN, { steps: failCurrentStep(stepsOf(PLAIN), OUTAGE_PROBLEM) });

/** Upstream's record of every bank says that it is down, and refuses logins, until some time has passed. */
function downFor({ upstream, clock }: FakePorts, ms: number): void {
  const { institution, openConnection, updateConnection, refreshConnection } = upstream;
  const back = clock.after(ms);
  const isDown = () => clock.now() < back;
  upstream.institution = async (id) => {
    const bank = await institution(id);
    return bank && { ...bank, status: isDown() ? "major-outage" : "operational" };
  };
  const refuse = () => Promise.reject(outage);
  upstream.openConnection = (...args) => (isDown() ? refuse() : openConnection(...args));
  upstream.updateConnection = (...args) => (isDown() ? refuse() : updateConnection(...args));
  upstream.refreshConnection = (...args) => (isDown() ? refuse() : refreshConnection(...args));
}

export const QUEUE_STORIES: Story[] = [
  {
    name: "a job that is refused by a bank that is down for three hours",
    requests: () => [create()],
    set: (ports) => {
      downFor(ports, 3 * HOUR);
      ports.upstream.script.looks.push(donePlain);
    },
    ends: "succeeded",
    logins: 1,
  },
  {
    name: "an update whose login is taken, and failed by an outage",
    requests: () => [update("c1")],
    set: (ports) => {
      addConnection(ports);
      ports.upstream.script.looksByJob.push([lookOf(PLAIN), outageStep], [donePlain]);
    },
    ends: "succeeded",
    logins: 2,
  },
  {
    name: "a job in upstream's own queue",
    requests: () => [create()],
    set: ({ upstream: { script } }) =>
      script.looks.push(lookOf(PLAIN), queuedUpstream(), queuedUpstream(), donePlain),
    ends: "succeeded",
    logins: 1,
  },
  {
    name: "a job whose further attempt asks somebody who is not there",
    requests: () => [create("AU00003")],
    set: ({ upstream: { script } }) => script.looksByJob.push([outageStep], [asking()], [donePlain]),
    ends: "succeeded",
    logins: 3,
  },
  {
    name: "a job that is ready for its user, who resumes it",
    requests: () => [
      create("AU00002"),
      resume(({ queue }) => queue?.reason === "ready-for-user"),
      answer("1234"),
    ],
    set: (ports) => {
      downFor(ports, 3 * HOUR);
      ports.upstream.script.looks.push(asking());
      ports.upstream.script.looksAfterAnswer.push([deciding, done]);
    },
    ends: "succeeded",
    // Nobody was heard for a week; or the attempt that was asked for went without its answer, and back to the queue.
    orElse: ["unavailable"],
    logins: 1,
    answers: ["1234"],
  },
  {
    name: "a job that is resumed as soon as it is queued",
    requests: () => [create(), resume(({ phase }) => phase === "queued")],
    set: ({ upstream: { script } }) => script.looksByJob.push([outageStep], [donePlain]),
    ends: "succeeded",
    logins: 2,
  },
  {
    name: "a refresh at a bank that is down",
    requests: () => [refresh("c1")],
    set: (ports) => {
      addConnection(ports);
      downFor(ports, 3 * HOUR);
    },
    ends: "unavailable",
    logins: 0,
  },
  {
    name: "a job that is cancelled while it is followed",
    requests: () => [create(), cancel(({ phase }) => phase === "following")],
    set: ({ upstream: { script } }) =>
      script.looks.push(...Array.from({ length: 30 }, () => lookOf(PLAIN)), donePlain),
    ends: "cancelled",
    orElse: ["succeeded"],
    logins: 1,
  },
  {
    name: "a job that is cancelled while its user is asked",
    requests: () => [create("AU00002"), cancel(({ phase }) => phase === "awaiting-answer")],
    set: ({ upstream: { script } }) => script.looks.push(asking()),
    ends: "cancelled",
    orElse: ["mfa-expired"],
    logins: 1,
  },
  {
    name: "a job that is resumed in the queue, and cancelled in it",
    requests: () => [
      create(),
      resume(({ phase }) => phase === "queued"),
      cancel(({ phase, generation = 1 }) => phase === "queued" && generation >= 2),
    ],
    set: (ports) => {
      downFor(ports, 3 * HOUR);
      ports.upstream.script.looks.push(donePlain);
    },
    ends: "cancelled",
    orElse: ["succeeded"],
    logins: 0,
  },
];
