import { object, textThat } from "./kinds.ts";
import { someText } from "./upstream-text.ts";
import { finiteNumber } from "./whole-number.ts";

export const upstreamAcceptedSchema = object({ id: someText });

export const upstreamTokenSchema = object({
  access_token: textThat((token) => token !== ""),
  expires_in: finiteNumber,
});
