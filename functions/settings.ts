import { DEFAULT_FOLLOW_LIMIT_MINUTES } from "./jobs/domain/polling-policy.ts";
import { once } from "./once.ts";
import { environment, setting } from "./platform/environment.ts";

/** When jobs wait, and for how long they are followed. */
export const policy = /* @__PURE__ */ once(() => ({
  queues: setting("QUEUE") !== "off",
  followLimitMs: Number(setting("FOLLOW_LIMIT_MINUTES") ?? DEFAULT_FOLLOW_LIMIT_MINUTES) * 60_000,
}));

export const settings = /* @__PURE__ */ once(() => ({
  allowsUnboundClientTokens: setting("ALLOW_UNBOUND_CLIENT_TOKENS") === "true",
}));

/** How replies render jobs. */
export const replyOptions = /* @__PURE__ */ once(() => {
  const stepResults = setting("STEP_RESULTS") === "list" ? ("list" as const) : ("object" as const);
  return { apiUrl: environment("API_URL"), stepResults };
});
