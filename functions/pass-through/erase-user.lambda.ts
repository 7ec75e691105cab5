import {
  endDeps,
  eventEraser,
  eventWriter,
  executions,
  fanOutDeps,
  linkEraser,
  once,
  passDeps,
} from "../compose.ts";
import { otherEventId } from "../events/domain/event.ts";
import { apiHandler } from "../http/api-handler.ts";
import { eraseRows } from "../jobs/use-cases/erase-user.ts";
import { fanOut } from "../webhooks/use-cases/fan-out.ts";
import { wake } from "../webhooks/wake.ts";
import { checkCaller, passAndSettle, replyWith } from "./pass.ts";
import { passedCall } from "./passed-call.ts";
import { PASSED_ROUTES } from "./routes.ts";

const deps = once(() => ({
  ...passDeps(),
  ...endDeps(),
  executions: executions(),
  eventEraser: eventEraser(),
  linkEraser: linkEraser(),
}));

const ROUTE = PASSED_ROUTES["erase-user"];

/** Counts nothing: a count would be a new row of the user. A request that does not pass begins no erasure. */
export const handler = apiHandler("erase-user", async (request) => {
  const userId = await checkCaller(deps(), ROUTE, request);
  const call = passedCall(ROUTE, request);
  const erasure = await deps().erasures.begin(userId);
  const erase = async () => {
    await eraseRows(deps(), erasure);
    await tellOfDeletion(userId);
  };
  return replyWith(await passAndSettle(deps(), call, erase), request);
});

/** The event stays after the erasure, which does not find it, because it has no user. It names the deleted id. */
async function tellOfDeletion(userId: string): Promise<void> {
  const webhooks = fanOut(fanOutDeps());
  const id = otherEventId("user", "deleted", userId);
  const event = { id, entity: "user", eventType: "deleted", path: `/users/${userId}` } as const;
  await eventWriter().add(event);
  await webhooks.add(event);
  await wake(webhooks);
}
