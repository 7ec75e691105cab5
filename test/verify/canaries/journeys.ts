import { AVIATO, HOOLI, HOOLI_GOV, NUCLEUS, PIED_PIPER, RAVIGA, TOKEN_BANK } from "../../journeys/logins.ts";
import { idOf, isFailed, statuses, type Visitor } from "./visitor.ts";

/** The life of a job. Throws if it ends otherwise. */
export type Journey = (visitor: Visitor) => Promise<void>;

export const CODE = "1234";
const COMPANY = "Hooli";
const USER_TOKEN = "token:PTln18RhwL";

export async function fails(visitor: Visitor, jobId: string, code?: string): Promise<void> {
  const job = await visitor.over(jobId);
  if (!isFailed(job) || !JSON.stringify(job.steps).includes(code ?? "")) throw new Error(statuses(job));
}

/** Journeys that can run side by side: they change the status of no bank. */
export const JOURNEYS: { readonly [name: string]: Journey } = {
  "a plain connection": async (visitor) => {
    await visitor.connection(await visitor.begin(HOOLI, visitor.login("gavin")));
  },
  "a code": async (visitor) => {
    await visitor.connectWithAnswers(PIED_PIPER, visitor.login("jared"), visitor.secret("answer", CODE));
  },
  "a login and a code that are typed into our page": async (visitor) => {
    // The aggregator has a user from the first connection on.
    await visitor.connection(await visitor.begin(HOOLI, visitor.login("ash")));
    await visitor.connectOnPage(PIED_PIPER, visitor.login("jared"), visitor.secret("answer", CODE));
  },
  "security questions": async (visitor) => {
    const answers = [visitor.secret("first answer", "Basiq"), visitor.secret("second answer", HOOLI)];
    await visitor.connectWithAnswers(PIED_PIPER, visitor.login("whistler"), ...answers);
  },
  "an approval in the bank's app": async (visitor) => {
    await visitor.connectWithAnswers(AVIATO, visitor.login("gavin"), "confirmed");
  },
  "a second challenge": async (visitor) => {
    visitor.world.echoing.asksTwice(visitor.userId);
    const jobId = await visitor.beginAsked("gilfoyle");
    await visitor.answer(jobId, visitor.secret("first answer", COMPANY));
    await visitor.asked(jobId);
    await visitor.answer(jobId, visitor.secret("second answer", COMPANY));
    await visitor.connection(jobId);
  },
  "a wrong answer": async (visitor) => {
    const jobId = await visitor.beginAsked("richard");
    await visitor.answerInVain(jobId, visitor.secret("wrong answer"));
    await fails(visitor, jobId, "invalid-credentials");
  },
  "an answer posted twice": async (visitor) => {
    const jobId = await visitor.beginAsked("jared");
    const rivals = ["answer", "rival answer"].map((what) => visitor.secret(what, CODE));
    await Promise.all(rivals.map((rival) => visitor.postAnswers(jobId, rival)));
    await visitor.over(jobId);
  },
  "a bank that asks sometimes": async (visitor) => {
    const jobId = await visitor.begin(NUCLEUS, visitor.login("jared"));
    const steps = await visitor.asked(jobId);
    if (!/mfa-challenge: (skipped|success)/.test(statuses(steps)))
      await visitor.answer(jobId, visitor.secret("answer", CODE));
    await visitor.connection(jobId);
  },
  "a user token": async (visitor) => {
    const login = { userToken: visitor.secret("user token", USER_TOKEN) };
    await visitor.connection(await visitor.begin(TOKEN_BANK, login));
  },
  "a wrong user token": async (visitor) => {
    const login = { userToken: visitor.secret("user token") };
    await fails(visitor, await visitor.begin(TOKEN_BANK, login), "invalid-credentials");
  },
  "a security code": async (visitor) => {
    const login = {
      ...visitor.login("ash"),
      securityCode: visitor.secret("security code"),
      secondaryLoginId: visitor.secret("secondary login"),
    };
    await visitor.connection(await visitor.begin(RAVIGA, login));
  },
  "a wrong login": async (visitor) => {
    await fails(visitor, await visitor.begin(HOOLI, visitor.login()), "invalid-credentials");
  },
  "an update": async (visitor) => {
    const connectionId = await visitor.connection(await visitor.begin(HOOLI_GOV, visitor.login("gavin")));
    const login = visitor.login("laurie");
    const reply = await visitor.call("POST", visitor.path(`connections/${connectionId}`), login);
    const jobId = idOf(reply, 202);
    visitor.world.register.toArrive(...Object.values(login));
    await visitor.connection(jobId);
  },
  "an update with a wrong login": async (visitor) => {
    const connectionId = await visitor.connection(await visitor.begin(HOOLI, visitor.login("max")));
    const reply = await visitor.call("POST", visitor.path(`connections/${connectionId}`), visitor.login());
    await fails(visitor, idOf(reply, 202), "invalid-credentials");
  },
  "a refresh, and one of all": async (visitor) => {
    const connectionId = await visitor.connection(await visitor.begin(HOOLI, visitor.login("gavin")));
    const refreshed = await visitor.call("POST", visitor.path(`connections/${connectionId}/refresh`));
    await visitor.connection(idOf(refreshed, 202));
    const reply = await visitor.call("POST", visitor.path("connections/refresh"));
    if (reply.status !== 202) throw new Error(reply.text);
    await visitor.call("GET", visitor.path(`jobs?filter=connection.id.eq('${connectionId}')`));
  },
  "a duplicate, and a list": async (visitor) => {
    const jobId = await visitor.begin(PIED_PIPER, visitor.login("jared"));
    const again = idOf(await visitor.post(PIED_PIPER, visitor.login("jared")), 200);
    if (again !== jobId) throw new Error("Another job.");
    await visitor.call("GET", visitor.path("jobs"));
    await visitor.call("GET", `/jobs/${jobId}/changes?while=running`);
    await visitor.asked(jobId);
    await visitor.answer(jobId, visitor.secret("answer", CODE));
    await visitor.connection(jobId);
    await visitor.call("GET", visitor.path("jobs"));
    await visitor.call("POST", visitor.path("jobs"), { jobIds: [jobId] });
    await visitor.call("GET", `/events?filter=user.id.eq('${visitor.userId}')`);
    await visitor.call("GET", `/institutions/${PIED_PIPER}/health`);
  },
  "a cancel before, and one while it asks": async (visitor) => {
    // At another bank: upstream goes on with a cancelled job, and takes no other login meanwhile.
    const first = idOf(await visitor.post(AVIATO, visitor.login("jared")), 202);
    idOf(await visitor.call("DELETE", `/jobs/${first}`), 202);
    const second = await visitor.beginAsked("jared");
    idOf(await visitor.call("DELETE", `/jobs/${second}`), 202);
    await fails(visitor, second, "job-cancelled");
  },
  "an Idempotency-Key": async (visitor) => {
    const headers = { "idempotency-key": visitor.world.register.header("Idempotency-Key") };
    const login = visitor.login("gavin");
    const jobId = await visitor.begin(HOOLI, login, headers);
    const again = idOf(await visitor.post(HOOLI, login, headers), 202);
    if (again !== jobId) throw new Error("Another job.");
    const other = await visitor.post(HOOLI, visitor.login("gavin"), headers);
    if (other.status !== 422) throw new Error(`Expected 422, got ${other.status}`);
    await visitor.connection(jobId);
  },
  "logins until the bank would lock the account": async (visitor) => {
    for (let time = 0; time < 3; time++) await fails(visitor, await visitor.begin(HOOLI, visitor.login()));
    const blocked = await visitor.post(HOOLI, visitor.login("gavin"));
    if (blocked.status !== 429) throw new Error(`Expected 429, got ${blocked.status}`);
  },
  "a challenge that nobody answers": async (visitor) => {
    const jobId = await visitor.beginAsked("jared");
    await fails(visitor, jobId, "mfa-expired");
    await visitor.postAnswers(jobId, visitor.secret("late answer", CODE));
  },
};
