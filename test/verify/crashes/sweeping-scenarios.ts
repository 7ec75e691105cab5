import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { inOneAct } from "./accepting-scenarios.ts";
import type { Crash } from "./cell.ts";
import type { PatientClient } from "./patient-client.ts";
import { ASKED, createAsked, createPlain, learn, PENDING, PLAIN, untilAsked, untilOver } from "./playing.ts";
import type { Scenario } from "./scenario.ts";

const before = (effect: string): Crash => ({ effect, nth: 1, when: "before" });
const aims = (effect: string) => effect.startsWith("sweep ");

const REFUSED = ["verify-credentials success", "mfa-challenge failed", ...PENDING];

/** Asks once, hears of a failure, and goes away. */
async function createAndLeave(client: PatientClient): Promise<void> {
  await client.once("POST", `/users/${client.userId}/connections`, {
    ...LOGINS.gavin,
    institution: { id: HOOLI },
  });
}

async function answerAndLeave(client: PatientClient): Promise<void> {
  await untilAsked(client);
  await client.once("POST", `/jobs/${client.newest()}/mfa`, { "mfa-response": ["1234"] });
}

/** What a crash has left of a job, and nobody but the sweeper comes back to: crashes of the sweeper at it. */
export const SWEEPING: { readonly [name: string]: Scenario } = {
  "the sweeper that starts a job": {
    first: before("create-connection StartExecution"),
    acts: inOneAct(createAndLeave, learn, untilOver),
    ends: PLAIN,
    aims,
  },

  "the sweeper that claims for a job": {
    first: before("create-connection PutItem claim"),
    acts: inOneAct(createAndLeave, learn, untilOver),
    ends: PLAIN,
    aims,
  },

  "the sweeper that drops a job in whose place there is another": {
    first: before("create-connection PutItem claim"),
    acts: inOneAct(createPlain, untilOver),
    ends: PLAIN,
    aims,
  },
};

/** The same of an answer. Nobody was told that it is taken: it may come too late for the bank. */
export const DELIVERING: { readonly [name: string]: Scenario } = {
  "the sweeper that takes an answer": {
    first: before("answer-mfa PutItem job answered"),
    acts: inOneAct(createAsked, answerAndLeave, untilOver),
    ends: ASKED,
    mayEnd: REFUSED,
    isOneByOne: true,
    aims,
  },

  "the sweeper that delivers an answer": {
    first: before("answer-mfa SendTaskSuccess"),
    acts: inOneAct(createAsked, answerAndLeave, untilOver),
    ends: ASKED,
    mayEnd: REFUSED,
    isOneByOne: true,
    aims,
  },
};
