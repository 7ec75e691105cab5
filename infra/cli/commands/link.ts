import * as z from "zod/mini";
import { type Context, print } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import type { Call } from "../read-arguments.ts";
import { matching, userIn } from "../values.ts";

const linkReply = z.looseObject({
  expiresAt: z.string(),
  links: z.object({ public: z.string() }),
});

/** Makes a link with which a person connects a bank. */
export async function link(context: Context, call: Call): Promise<ExitCode> {
  const userId = userIn(call);
  const mobile = matching(call, "mobile", /^\+?[0-9 ]{4,20}$/, "a telephone number");
  const action = matching(call, "action", /^[a-z-]{1,40}$/, "an action, such as connect");
  const institutionId = matching(call, "institution", /^[A-Za-z0-9_-]{1,64}$/, "the id of a bank");
  const connectionId = matching(call, "connection", /^[A-Za-z0-9_-]{1,64}$/, "the id of a connection");
  const returnUrl = matching(
    call,
    "return-url",
    /^[a-z][a-z0-9+.-]*:\/\/\S{1,2000}$/i,
    "the address to return to",
  );
  const state = matching(call, "state", /^.{1,512}$/s, "a text of at most 512 characters");
  const minutes = matching(call, "minutes", /^[1-9]\d{0,4}$/, "a number of minutes, at most 10080");
  const confirm = matching(call, "confirm", /^[a-z-]{1,40}$/, "deletes-connections");
  const body = {
    ...(mobile !== undefined && { mobile }),
    ...(action !== undefined && { action }),
    ...(institutionId !== undefined && { institutionId }),
    ...(connectionId !== undefined && { connectionId }),
    ...(returnUrl !== undefined && { returnUrl }),
    ...(state !== undefined && { state }),
    ...(minutes !== undefined && { expiresInMinutes: Number(minutes) }),
    ...(confirm !== undefined && { confirm }),
  };
  const { client, io } = context;
  const options = { body, signal: io.signal };
  const reply = linkReply.parse(await client.request("POST", `/users/${userId}/auth_link`, options));
  const until = `It works until ${printable(reply.expiresAt)}.`;
  print(context, [reply], [printable(reply.links.public), until]);
  return EXIT.done;
}
