import { executionOf } from "../../journeys/execution-of.ts";
import { HOOLI, HOOLI_GOV, NUCLEUS, PIED_PIPER } from "../../journeys/logins.ts";
import { WAIT } from "../../workflow/definition.ts";
import type { Reply } from "./canary-client.ts";
import type { Journey } from "./canary-journeys.ts";
import { ECHOES } from "./echoes.ts";
import { JOB_ECHOES } from "./shown-jobs.ts";
import { idOf, statuses, type Visitor } from "./visitor.ts";

const CODE = "1234";

/** Whatever becomes of it: the job is over in the end, or is cancelled in the queue. Of none that was refused. */
async function settle(visitor: Visitor, reply: Reply): Promise<void> {
  if (reply.status !== 202 && reply.status !== 200) return;
  const jobId = idOf(reply, 202, 200);
  await visitor.askedOrNot(jobId);
}

/** A whole life with an answer, in which anything may fail: nothing is told of how it has to end. */
export const anyhow: Journey = async (visitor) => {
  const headers = { "idempotency-key": visitor.world.register.header("Idempotency-Key in trouble") };
  const login = visitor.login("jared");
  // What a request that failed left behind, the same request finishes.
  const reply = await insisted(() => visitor.post(PIED_PIPER, login, headers));
  if (reply.status !== 202 && reply.status !== 200) return;
  const jobId = idOf(reply, 202, 200);
  await visitor.askedOrNot(jobId);
  const body = { "mfa-response": [visitor.secret("answer", CODE)] };
  await insisted(() => visitor.call("POST", `/jobs/${jobId}/mfa`, body));
  await visitor.over(jobId);
};

/** The same, and a bank that nobody knows before: the records of others are remembered for a minute, and not asked for. */
export const anyhowAtBanks: Journey = async (visitor) => {
  await visitor.post(visitor.world.register.plain("refused bank"), visitor.login());
  await anyhow(visitor);
};

const MAX_TRIES = 3;

async function insisted(call: () => Promise<Reply>): Promise<Reply> {
  let reply = await call();
  for (let tries = 1; tries < MAX_TRIES && reply.status >= 500; tries++) reply = await call();
  return reply;
}

function namesOf<Name extends string>(table: { readonly [name in Name]: unknown }): Name[] {
  const names: Name[] = [];
  for (const name in table) names.push(name);
  return names;
}

const echoed = namesOf(ECHOES).flatMap((name): [string, Journey][] => [
  [
    `upstream ${name}, of a login`,
    async (visitor) => {
      visitor.world.echoing.onLogins(visitor.userId, name);
      const login = visitor.login("gavin");
      await settle(visitor, await visitor.post(HOOLI, login));
      visitor.world.register.toArrive(...Object.values(login));
    },
  ],
  [
    `upstream ${name}, of a login for an update`,
    async (visitor) => {
      const connectionId = await visitor.connection(await visitor.begin(HOOLI_GOV, visitor.login("ash")));
      visitor.world.echoing.onLogins(visitor.userId, name);
      const login = visitor.login("laurie");
      await settle(visitor, await visitor.call("POST", visitor.path(`connections/${connectionId}`), login));
      visitor.world.register.toArrive(...Object.values(login));
    },
  ],
  [
    `upstream ${name}, of an answer`,
    async (visitor) => {
      visitor.world.echoing.onAnswers(visitor.userId, name);
      const jobId = await visitor.begin(PIED_PIPER, visitor.login("jared"));
      await visitor.asked(jobId);
      await visitor.answer(jobId, visitor.secret("answer", CODE));
      await visitor.over(jobId);
    },
  ],
]);

const shown = JOB_ECHOES.map((kind): [string, Journey] => [
  `upstream's job shows a login as its ${kind}`,
  async (visitor) => {
    visitor.world.echoing.onLooks(visitor.userId, kind);
    const jobId = await visitor.begin(PIED_PIPER, visitor.login("jared"));
    await visitor.asked(jobId);
    await visitor.call("DELETE", `/jobs/${jobId}`);
  },
]);

/** Upstream as it is never to be, with those for whom it is so. */
export const ECHOED_JOURNEYS: { readonly [name: string]: Journey } = Object.fromEntries([
  ...echoed,
  ...shown,
]);

/** A job whose bank never ends it. */
export const timedOut: Journey = async (visitor) => {
  visitor.world.echoing.neverEnds(visitor.userId);
  const jobId = await visitor.begin(NUCLEUS, visitor.login("gavin"));
  const job = await visitor.over(jobId);
  if (!JSON.stringify(job.steps).includes("job-timed-out")) throw new Error(JSON.stringify(job.steps));
};

/** A job whose answer no function can send. */
export const givenUp: Journey = async (visitor) => {
  const jobId = await visitor.begin(PIED_PIPER, visitor.login("jared"));
  await visitor.asked(jobId);
  visitor.world.dying.givingUp(jobId);
  const body = { "mfa-response": [visitor.secret("answer", CODE)] };
  idOf(await visitor.call("POST", `/jobs/${jobId}/mfa`, body), 202);
  const job = await visitor.over(jobId);
  if (!JSON.stringify(job.steps).includes("internal-server-error")) throw new Error(statuses(job));
};

/** Begun while both banks are down. What gives the connection once they are up again. */
export function queuedJourney(institutionId: typeof HOOLI_GOV | typeof PIED_PIPER) {
  return async (visitor: Visitor): Promise<Journey> => {
    const login = visitor.login("jared");
    const jobId = await visitor.begin(institutionId, login);
    await visitor.queued(jobId);
    return async () => {
      idOf(await visitor.call("POST", `/jobs/${jobId}/resume`), 202);
      if (institutionId === PIED_PIPER) {
        await visitor.asked(jobId);
        await visitor.answer(jobId, visitor.secret("answer", CODE));
      }
      await visitor.connection(jobId);
    };
  };
}

/** A job that shows its login when the run that sent it is over. */
export const repeatedLate: Journey = async (visitor) => {
  const { echoing, system } = visitor.world;
  echoing.neverEnds(visitor.userId);
  const jobId = await visitor.begin(HOOLI, visitor.login("gavin"));
  await executionOf(system, jobId).entered(WAIT);
  echoing.onLooks(visitor.userId, "step");
  await visitor.over(jobId);
};
