import { type Login, type OpenSandbox, stepMs } from "./open-sandbox.ts";
import { connectionListShape, connectionShape, stubShape } from "./reply-shapes.ts";

export const connectionPath = (connection: string, userId = "user-1") =>
  `/users/${userId}/connections/${connection}`;

/** The id of a connection whose first job is long over. */
export async function connected(bank: OpenSandbox, institution: string, login: Login): Promise<string> {
  await bank.create(institution, login);
  bank.pass(10 * stepMs);
  const { data } = await bank.expectReply(connectionListShape, 200, "GET", "/users/user-1/connections");
  return data.at(-1)?.id ?? "";
}

export async function update(bank: OpenSandbox, connection: string, body: Login): Promise<string> {
  return (await bank.expectReply(stubShape, 202, "POST", connectionPath(connection), { body })).id;
}

export async function refresh(bank: OpenSandbox, connection: string): Promise<string> {
  return (await bank.expectReply(stubShape, 202, "POST", `${connectionPath(connection)}/refresh`)).id;
}

export async function connectionStatus(bank: OpenSandbox, connection: string): Promise<string> {
  return (await bank.expectReply(connectionShape, 200, "GET", connectionPath(connection))).status;
}
