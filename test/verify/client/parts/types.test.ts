import { expect, test } from "vitest";
import type * as z from "zod";
import type * as client from "../../../../client/types.ts";
import type * as api from "../../../../functions/http/reply-schemas.ts";

/*
 * The types of the client have no schemas, so that the package needs no zod. They must equal the types of the API's schemas:
 * otherwise this file does not compile.
 */

/** A type without the values that later versions may add, with all of its fields in one object. zod lets a field that may be missing be `undefined` too. */
type Closed<T> = IsSame<T, string> extends true ? T : ClosedPart<T>;
type ClosedPart<T> = T extends string
  ? string extends T
    ? never
    : T
  : T extends readonly (infer Element)[]
    ? Closed<Element>[]
    : T extends object
      ? { [Field in keyof T]: Closed<Exclude<T[Field], undefined>> }
      : T;

type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if both types are the same. */
function same<A, B>(isSame: IsSame<Closed<A>, Closed<B>>): boolean {
  return isSame;
}

type Reply<Schema extends z.core.$ZodType> = z.infer<Schema>;
type WithoutSteps<T extends { steps: unknown }> = Omit<T, "steps">;

test("The client's types equal those of the API's schemas", () => {
  const equal = [
    same<client.Token, api.TokenReply>(true),
    same<client.JobStub, api.StubReply>(true),
    same<client.LinkResult, Reply<typeof api.linkResult>>(true),
    same<client.Challenge, Reply<typeof api.mfaResult>>(true),
    same<client.ErrorResult, Reply<typeof api.errorResult>>(true),
    same<client.QueuedResult, Reply<typeof api.queuedResult>>(true),
    same<WithoutSteps<client.Job>, WithoutSteps<api.JobReply>>(true),
    same<client.Step["title"], api.StepReply["title"]>(true),
    same<client.Step["status"], api.StepReply["status"]>(true),
    same<client.Step["result"], api.StepReply["result"]>(true),
    same<keyof client.Step, keyof api.StepReply>(true),
    same<WithoutSteps<client.ListedJob>, WithoutSteps<api.JobListReply["data"][number]>>(true),
    same<Omit<client.JobEvent, "data">, Omit<Reply<typeof api.jobEventReply>, "data">>(true),
    same<keyof client.JobEvent["data"], keyof Reply<typeof api.jobEventReply>["data"]>(true),
    same<client.OtherEvent, Reply<typeof api.otherEventReply>>(true),
    same<client.EventType, api.EventTypeReply>(true),
    same<client.Webhook, api.WebhookReply>(true),
    same<client.WebhookWithSecret, api.WebhookWithSecretReply>(true),
    same<client.WebhookPayload, Reply<typeof api.webhookPayload>>(true),
    same<Omit<client.FullWebhookPayload, "event">, Omit<Reply<typeof api.fullWebhookPayload>, "event">>(true),
    same<client.WebhookMessage, api.WebhookMessageReply>(true),
    same<client.Replay, api.ReplayReply>(true),
    same<client.ApiErrorEntry, api.ErrorReply["data"][number]>(true),
  ];
  expect(equal).not.toContain(false);
});

test("A type that differs in one field, or in one value, would not compile", () => {
  // @ts-expect-error: the field is missing.
  same<Omit<client.Replay, "count">, api.ReplayReply>(true);
  // @ts-expect-error: the field is optional.
  same<Omit<client.Replay, "next"> & { next: string }, api.ReplayReply>(true);
  // @ts-expect-error: the status does not exist.
  same<client.StepStatus | "new", api.StepReply["status"]>(true);
  // @ts-expect-error: a status is missing.
  same<client.Open<"pending">, api.StepReply["status"]>(true);
});
