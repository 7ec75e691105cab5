import * as z from "zod/mini";
import { upstreamId } from "./ids.ts";
import { finiteNumber } from "./whole-number.ts";

export const upstreamAcceptedSchema = z.object({ id: upstreamId });

export const upstreamTokenSchema = z.object({
  // It goes into a header.
  access_token: z.string().check(z.refine((token) => /^[!-~]{1,8000}$/.test(token))),
  expires_in: finiteNumber,
});
