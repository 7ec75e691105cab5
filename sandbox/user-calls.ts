import { accountsOf } from "./bank-account.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import { readObject } from "./json-body.ts";
import { linksFor } from "./links.ts";
import { neitherEmailNorMobile, notValid, type Refusal } from "./refusal.ts";
import { jsonReply, noContent } from "./reply.ts";
import { type User, type UserFields, userFields } from "./state.ts";
import { userReply, userStub } from "./user-reply.ts";
import { withEntry, withoutUser } from "./users.ts";

export function createUser(situation: Situation): Outcome {
  const read = readFields(situation);
  if ("refusal" in read) return read;
  const { email = "", mobile = "" } = read.fields;
  if (email === "" && mobile === "") return { refusal: neitherEmailNorMobile };
  return stored(situation, { id: situation.setting.newId(), fields: read.fields }, 201);
}

/** As published, fields that the body does not have stay as they are. */
export function updateUser(situation: Situation, { userId }: Params): Outcome {
  const read = readFields(situation);
  if ("refusal" in read) return read;
  const user = userOf(situation, userId);
  return stored(situation, { ...user, fields: { ...user.fields, ...read.fields } }, 200);
}

export function getUser(situation: Situation, { userId }: Params): Outcome {
  const connections = [...situation.state.connections.values()]
    .filter((connection) => connection.userId === userId && connection.deletedAt === undefined)
    .map(({ id }) => id);
  const accounts = accountsOf(situation.state, userId, situation.now).map(({ id }) => id);
  const user = userOf(situation, userId);
  return { reply: jsonReply(200, userReply(user, { connections, accounts }, linksFor(situation))) };
}

export function deleteUser({ state }: Situation, { userId }: Params): Outcome {
  return { reply: noContent, change: withoutUser(state, userId) };
}

/** A user that an earlier version stored has no record of its own. */
function userOf({ state }: Situation, userId: string): User {
  return state.users.get(userId) ?? { id: userId, fields: {} };
}

function stored(situation: Situation, user: User, status: number): Outcome {
  return {
    reply: jsonReply(status, userStub(user, linksFor(situation))),
    change: { users: withEntry(situation.state.users, user) },
  };
}

function readFields({ call }: Situation): { readonly fields: UserFields } | { readonly refusal: Refusal } {
  const body = readObject(call);
  if ("refusal" in body) return body;
  const supplied = Object.entries(body.value).filter(([, value]) => value !== null);
  const parsed = userFields.safeParse(Object.fromEntries(supplied));
  if (parsed.success) return { fields: parsed.data };
  const name = String(parsed.error.issues[0]?.path[0] ?? "");
  return { refusal: notValid("Parameter is not of the right type.", name, `user/${name}`) };
}
