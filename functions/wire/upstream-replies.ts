import * as z from "zod/mini";
import { someText } from "./upstream-text.ts";
import { finiteNumber } from "./whole-number.ts";

export const upstreamAcceptedSchema = z.object({ id: someText });

export const upstreamTokenSchema = z.object({
  access_token: z.string().check(z.refine((token) => token !== "")),
  expires_in: finiteNumber,
});
