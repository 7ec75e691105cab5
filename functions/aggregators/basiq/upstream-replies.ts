import { upstreamId } from "../../jobs/domain/ids.ts";
import { object, textThat } from "../../jobs/domain/kinds.ts";
import { finiteNumber } from "../../jobs/domain/whole-number.ts";

export const upstreamAcceptedSchema = object({ id: upstreamId });

export const upstreamTokenSchema = object({
  // It goes into a header.
  access_token: textThat((token) => /^[!-~]{1,8000}$/.test(token)),
  expires_in: finiteNumber,
});
