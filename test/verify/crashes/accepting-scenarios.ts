import { randomUUID } from "node:crypto";
import { HOOLI, HOOLI_GOV, LOGINS } from "../../journeys/logins.ts";
import type { PatientClient } from "./patient-client.ts";
import {
  ASKED,
  answer,
  connect,
  connectionOf,
  create,
  createAsked,
  createPlain,
  PENDING,
  PLAIN,
  untilAsked,
  untilOver,
} from "./playing.ts";
import type { Scenario } from "./scenario.ts";

/** One act, in which a user does one thing after the other. */
export function inOneAct(...deeds: ((client: PatientClient) => Promise<unknown>)[]): Scenario["acts"] {
  const play = async (client: PatientClient) => {
    for (const deed of deeds) await deed(client);
  };
  return [{ play }];
}

const isOf = (entry: string) => (effect: string) => effect.startsWith(`${entry} `);

/** What begins with a request for a job, and everything that follows. */
export const ACCEPTING: { readonly [name: string]: Scenario } = {
  "a create": { acts: inOneAct(createPlain, untilOver), ends: PLAIN },

  "a create with a challenge": { acts: inOneAct(createAsked, answer, untilOver), ends: ASKED },

  "a create that the bank refuses": {
    acts: inOneAct((client) => create(client, HOOLI, LOGINS.bighead), untilOver),
    ends: ["verify-credentials failed", ...PENDING],
  },

  "a create with a key": {
    acts: inOneAct((client) => {
      const login = { ...LOGINS.gavin, institution: { id: HOOLI } };
      return client.begin("", login, { "idempotency-key": randomUUID() });
    }, untilOver),
    ends: PLAIN,
    aims: isOf("create-connection"),
  },

  "a refresh": {
    prepare: (client) => connect(client),
    acts: inOneAct((client) => client.begin(`/${connectionOf(client)}/refresh`), untilOver),
    ends: PLAIN,
  },

  "a refresh of two connections": {
    async prepare(client) {
      await connect(client);
      await connect(client, HOOLI_GOV);
    },
    acts: inOneAct((client) => client.beginAll(), untilOver),
    ends: PLAIN,
    aims: isOf("refresh-connections"),
  },

  "an update": {
    prepare: (client) => connect(client),
    acts: inOneAct((client) => client.begin(`/${connectionOf(client)}`, LOGINS.gavin), untilOver),
    ends: PLAIN,
  },

  "a job that is cancelled while the bank asks": {
    acts: inOneAct(
      createAsked,
      untilAsked,
      (client) => client.send("DELETE", `/jobs/${client.newest()}`),
      untilOver,
    ),
    ends: ["verify-credentials success", "mfa-challenge failed", ...PENDING],
    aims: isOf("cancel-job"),
  },
};
