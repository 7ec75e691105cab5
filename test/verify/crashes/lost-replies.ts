import { HOOLI_GOV, LOGINS, RAVIGA } from "../../journeys/logins.ts";
import { connectElsewhere } from "./elsewhere.ts";
import type { PatientClient } from "./patient-client.ts";
import { answer, connect, connectionOf, create, createAsked, createPlain } from "./playing.ts";

const CREATE = "POST /users/*/connections";
const REFRESH = "POST /users/*/connections/*/refresh";
const UPDATE = "POST /users/*/connections/*";
const LIST = "GET /users/*/jobs";

type Deed = (client: PatientClient) => Promise<unknown>;

export interface Lost {
  /** Whose replies are lost, and how many of each. */
  replies: { readonly [route: string]: number };
  prepare?: Deed;
  ask: Deed;
  /** How often upstream is called for each of these. */
  calls: { readonly [route: string]: number };
}

/** A connection that no job of ours has made. */
let elsewhere = "";
const madeElsewhere: Deed = async ({ target, userId }) => {
  elsewhere = await connectElsewhere(target.sandboxUrl, userId);
};
const refreshKnown: Deed = (client) => client.begin(`/${connectionOf(client)}/refresh`);
const update: Deed = (client) => client.begin(`/${connectionOf(client)}`, LOGINS.gavin);
const askAndAnswer: Deed = async (client) => {
  await createAsked(client);
  await answer(client);
};

/** The first is the first call of all: the token that it needs is kept from then on. */
export const LOST: { readonly [name: string]: Lost } = {
  "a token": { replies: { "POST /token": 1 }, ask: createPlain, calls: { [CREATE]: 1 } },
  "a bank's record": {
    replies: { "GET /institutions/*": 1 },
    ask: (client) => create(client, HOOLI_GOV, LOGINS.gavin),
    calls: { [CREATE]: 1, "GET /institutions/*": 2 },
  },
  "a bank's record, and again": {
    replies: { "GET /institutions/*": 2 },
    ask: (client) => create(client, RAVIGA, { ...LOGINS.gavin, securityCode: "1", secondaryLoginId: "2" }),
    calls: { [CREATE]: 1, "GET /institutions/*": 3 },
  },
  "a login": { replies: { [CREATE]: 1 }, ask: createPlain, calls: { [CREATE]: 1, [LIST]: 1 } },
  "a login, and what is looked up then": {
    replies: { [CREATE]: 1, [LIST]: 3 },
    ask: createPlain,
    calls: { [CREATE]: 1, [LIST]: 4 },
  },
  "another login": {
    replies: { [UPDATE]: 1 },
    prepare: connect,
    ask: update,
    calls: { [UPDATE]: 1, [LIST]: 1 },
  },
  "a refresh": {
    replies: { [REFRESH]: 1 },
    prepare: connect,
    ask: refreshKnown,
    calls: { [REFRESH]: 1, [LIST]: 1 },
  },
  "a connection": {
    replies: { "GET /users/*/connections/*": 1 },
    prepare: madeElsewhere,
    ask: (client) => client.begin(`/${elsewhere}/refresh`),
    calls: { [REFRESH]: 1, "GET /users/*/connections/*": 2 },
  },
  "the list of connections": {
    replies: { "GET /users/*/connections": 1 },
    prepare: madeElsewhere,
    ask: (client) => client.beginAll(),
    calls: { [REFRESH]: 1, "GET /users/*/connections": 2 },
  },
  "many looks": { replies: { "GET /jobs/*": 6 }, ask: createPlain, calls: { [CREATE]: 1 } },
  "an answer": {
    replies: { "POST /jobs/*/mfa": 1 },
    ask: askAndAnswer,
    calls: { [CREATE]: 1, "POST /jobs/*/mfa": 1 },
  },
};
