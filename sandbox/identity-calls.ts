import { accountsOf, type BankAccount } from "./bank-account.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import { personOf } from "./data/customers.ts";
import { idFrom } from "./data/random.ts";
import { notFound } from "./refusal.ts";
import { jsonReply } from "./reply.ts";
import { timestamp } from "./timestamp.ts";

/** Lists who the user is at each bank. */
export function listIdentities(situation: Situation, { userId }: Params): Outcome {
  const data = identitiesOf(situation, userId);
  return { reply: jsonReply(200, { type: "list", count: data.length, data }) };
}

export function getIdentity(situation: Situation, { userId, identityId }: Params): Outcome {
  const identity = identitiesOf(situation, userId).find(({ id }) => id === identityId);
  return identity === undefined ? { refusal: notFound("identity") } : { reply: jsonReply(200, identity) };
}

function identitiesOf(situation: Situation, userId: string) {
  const ofLogins = Map.groupBy(accountsOf(situation.state, userId, situation.now), ({ seed }) => seed);
  return [...ofLogins.values()].flatMap(([account]) =>
    account === undefined ? [] : [identityOf(situation, account)],
  );
}

function identityOf({ state, call, setting }: Situation, { seed, profile, connection, readAt }: BankAccount) {
  const { fullName, firstName, lastName, middleName, phoneNumbers, emailAddresses, physicalAddresses } =
    personOf(profile);
  const id = idFrom(`${seed}/identity`);
  // The published version 2.1 writes `identitites`. Both names are answered, and links repeat that of the call.
  const word = call.path.split("/")[3] ?? "identities";
  const job = [...state.jobs.values()].findLast((each) => each.connectionId === connection.id);
  return {
    type: "identity",
    id,
    created: timestamp(connection.createdAt),
    updated: timestamp(readAt),
    source: "web",
    fullName,
    firstName,
    lastName,
    middleName,
    title: "",
    DOB: "",
    occupationCode: "",
    occupationCodeVersion: "",
    phoneNumbers,
    emails: emailAddresses,
    physicalAddresses: physicalAddresses.map((address) => ({
      type: "RESIDENTIAL",
      ...address,
      addressLine2: "",
      addressLine3: "",
    })),
    links: {
      self: `${setting.baseUrl}/users/${connection.userId}/${word}/${id}`,
      job: `${setting.baseUrl}/jobs/${job?.id ?? ""}`,
    },
  };
}
