import * as z from "zod/mini";
import { ApiError } from "../../client/errors.ts";
import type { Context } from "./context.ts";
import type { Captions } from "./login.ts";

const bank = z.object({
  id: z.string(),
  name: z.string(),
  authorization: z.string(),
  loginIdCaption: z.optional(z.string()),
  passwordCaption: z.optional(z.string()),
  securityCodeCaption: z.optional(z.string()),
  secondaryLoginIdCaption: z.optional(z.string()),
  userTokenCaption: z.optional(z.string()),
});
const bankList = z.object({ data: z.array(bank) });

/** What the API's list of banks says of one. */
export type Bank = z.infer<typeof bank>;

/** Returns `undefined` if the API does not list banks, which is so in version 3.0. */
export async function listBanks({ client, io }: Context): Promise<Bank[] | undefined> {
  const found = await unlessMissing(client.request("GET", "/institutions", { signal: io.signal }));
  return found === undefined ? undefined : bankList.parse(found).data;
}

/** Returns `undefined` if the API does not list banks or has no such bank: a login then shows why. */
export async function findBank({ client, io }: Context, id: string): Promise<Bank | undefined> {
  const found = await unlessMissing(client.request("GET", `/institutions/${id}`, { signal: io.signal }));
  return found === undefined ? undefined : bank.parse(found);
}

async function unlessMissing(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404 && error.code !== "parameter-not-valid")
      return undefined;
    throw error;
  }
}

/** Returns the fields that a login at the bank needs. */
export function captionsOf(found: Bank | undefined): Captions {
  if (found?.authorization === "token") return [["userToken", found.userTokenCaption ?? "User token"]];
  return [
    ["loginId", found?.loginIdCaption ?? "Login ID"],
    ["password", found?.passwordCaption ?? "Password"],
    ...extra("securityCode", found?.securityCodeCaption),
    ...extra("secondaryLoginId", found?.secondaryLoginIdCaption),
  ];
}

function extra(field: "securityCode" | "secondaryLoginId", caption: string | undefined): Captions {
  return caption === undefined ? [] : [[field, caption]];
}

/** Whether the bank may ask for more than the login. */
export function mayAsk({ authorization }: Bank): boolean {
  return authorization.startsWith("user-mfa");
}
