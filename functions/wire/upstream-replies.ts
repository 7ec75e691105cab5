import { upstreamId } from "./ids.ts";
import { object, textThat } from "./kinds.ts";
import { finiteNumber } from "./whole-number.ts";

export const upstreamAcceptedSchema = object({ id: upstreamId });

export const upstreamTokenSchema = object({
  // It goes into a header.
  access_token: textThat((token) => /^[!-~]{1,8000}$/.test(token)),
  expires_in: finiteNumber,
});
