import type { Links } from "./links.ts";
import type { User } from "./state.ts";

/** Returns the body of a reply to the creation or a change of a user. */
export function userStub({ id, fields }: User, { baseUrl }: Links) {
  const { email = "", mobile = "", ...rest } = fields;
  return { type: "user", id, email, mobile, ...rest, links: { self: `${baseUrl}/users/${id}` } };
}

type Owned = { readonly connections: readonly string[]; readonly accounts: readonly string[] };

export function userReply(user: User, { connections, accounts }: Owned, links: Links) {
  const { firstName = "", middleName = "", lastName = "" } = user.fields;
  const stub = userStub(user, links);
  const { self } = stub.links;
  const list = (type: string, path: string, ids: readonly string[]) => ({
    type: "list",
    count: ids.length,
    data: ids.map((id) => ({ type, id, links: { self: `${self}/${path}/${id}` } })),
  });
  return {
    ...stub,
    name: [firstName, middleName, lastName].filter((part) => part !== "").join(" "),
    firstName,
    middleName,
    lastName,
    connections: list("connection", "connections", connections),
    accounts: list("account", "accounts", accounts),
    links: {
      self,
      connections: `${self}/connections`,
      accounts: `${self}/accounts`,
      transactions: `${self}/transactions`,
      auth_link: null,
    },
  };
}
