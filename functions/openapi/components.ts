import * as z from "zod/mini";
import { SCOPES } from "../access/caller.ts";
import {
  authLinkReply,
  errorReply,
  errorResult,
  eventListReply,
  eventReply,
  eventTypeListReply,
  eventTypeReply,
  fullWebhookPayload,
  healthReply,
  institutionHealthReply,
  jobEventReply,
  jobListReply,
  jobReply,
  linkResult,
  mfaResult,
  otherEventReply,
  queuedResult,
  replayReply,
  stubListReply,
  stubReply,
  testMessagesReply,
  tokenReply,
  webhookAttempt,
  webhookListReply,
  webhookMessageListReply,
  webhookMessageReply,
  webhookPayload,
  webhookReply,
  webhookWithSecretReply,
} from "../http/reply-schemas.ts";
import { adoptRequest, connectionRequest, mfaRequest } from "../jobs/api/requests.ts";
import { userIdSchema } from "../jobs/domain/ids.ts";
import { authLinkRequest } from "../links/api/requests.ts";
import {
  replayRequest,
  rotationRequest,
  testMessageRequest,
  webhookRequest,
  webhookUpdateRequest,
} from "../webhooks/api/requests.ts";
import { notification } from "../webhooks/upstream/notification.ts";
import type { Component } from "./component.ts";
import { PASSED_REPLIES, PASSED_REQUESTS } from "./passed-components.ts";

export type ReplyName = keyof typeof REPLIES;
export type RequestName = keyof typeof REQUESTS;

const tokenRequest = z.object({ scope: z.nullish(z.enum(SCOPES)), userId: z.nullish(userIdSchema) });

const webhookBody = z.union([fullWebhookPayload, webhookPayload]);

const WEBHOOK_FIELDS = {
  name: "A name, for your own use.",
  description: "A description, for your own use.",
  url: "Where the messages go: `https`, port 443, and a public address.",
  subscribedEvents:
    "The types of events to send, as a list or as one text. Absent or `null` in a new webhook: all types, also those of later versions.",
  payload: "`thin`, the default: the type and the id of the event, and links. `full`: also the event.",
  ordering:
    "`none`, the default. `job`: a later event of a job waits until the earlier one was delivered, or has failed.",
};

const WEBHOOK_REPLY_FIELDS = {
  status:
    "`active`; `failing`: the last five attempts failed, and messages are held until it answers; `draining`: it answers again, and gets what was held; `disabled`: nothing is sent.",
  subscribedEvents: "The types of events that are sent.",
};

const MESSAGE_FIELDS = {
  id: "The `webhook-id` of every attempt.",
  status:
    "`pending`; `held`: it waits until the webhook answers, or is enabled, again; `delivered`; `failed`: all attempts failed.",
  nextAttempt: "When the next attempt is due, while the message is pending.",
  payload: "What is sent, without what `full` adds.",
  attempts: "The newest last. The last 20 are kept.",
};

export const REQUESTS = {
  ...PASSED_REQUESTS,
  TokenRequest: {
    schema: tokenRequest,
    description: "What the token may do.",
    fields: {
      scope:
        "`SERVER_ACCESS` for a backend, which is the default, or `CLIENT_ACCESS` for the app of one user.",
      userId: "The user of a `CLIENT_ACCESS` token.",
    },
  },
  ConnectionRequest: {
    schema: connectionRequest,
    description:
      "The login of a user at a bank. The institution's `authorization` decides which fields are necessary; `null` and an empty text count as missing.",
    fields: {
      loginId: "Necessary for a new connection, unless the institution's `authorization` is `token`.",
      password: "Necessary, unless the institution's `authorization` is `token`.",
      userToken: "Necessary if the institution's `authorization` is `token`.",
      securityCode: "Necessary if the institution has a `securityCodeCaption`.",
      secondaryLoginId: "Necessary if the institution has a `secondaryLoginIdCaption`.",
      institution:
        "The bank. Necessary for a new connection; ignored when a connection gets new credentials.",
    },
  },
  AuthLinkRequest: {
    schema: authLinkRequest,
    description: "What a user is sent to do. `null` and an empty text count as missing.",
    fields: {
      mobile:
        "The user's mobile. The page shows its last digits. Absent: that of the user's record, if it has one.",
      action:
        "Absent: the user connects a bank, in the Consent UI after a first consent. `connect`: the user connects a bank without a consent page. `manage`, `extend`, `update` and `reauthorise` exist only in the Consent UI.",
      institutionId: "The bank. Absent: the user chooses one.",
      connectionId: "The connection that gets a new login, or that its bank has to permit again.",
      returnUrl: "Where the user goes afterwards: one of the addresses that the API was deployed with.",
      state: "A text that comes back at the `returnUrl` as it went.",
      expiresInMinutes: "For how long the link can be used: 30 minutes by default, at most 10,080 (7 days).",
      confirm:
        "`deletes-connections`: necessary for the action `update`, which ends the consent and deletes all connections of the user if the policy has changed.",
    },
  },
  AdoptRequest: {
    schema: adoptRequest,
    description: "Jobs that began at the aggregator.",
    fields: { jobIds: "The aggregator's ids of the jobs." },
  },
  WebhookRequest: {
    schema: webhookRequest,
    description: "A new webhook.",
    fields: WEBHOOK_FIELDS,
  },
  WebhookUpdateRequest: {
    schema: webhookUpdateRequest,
    description:
      "What to change of a webhook. Fields that are missing stay as they are. `null` removes a name or a description, and subscribes to all types.",
    fields: {
      ...WEBHOOK_FIELDS,
      status: "`disabled` stops all messages. `active` enables a webhook that was disabled.",
    },
  },
  RotationRequest: {
    schema: rotationRequest,
    description: "How to replace the secret of a webhook.",
    fields: {
      overlapSeconds:
        "For how long the earlier secrets sign beside the new one: up to 604,800 seconds (7 days), 86,400 (a day) by default. At most three secrets sign at a time: the oldest one ends early.",
    },
  },
  ReplayRequest: {
    schema: replayRequest,
    description: "Which messages to send again.",
    fields: {
      from: "Messages that were created at this time or later, in UTC.",
      to: "Messages that were created before this time, in UTC.",
      only: "`failed`, the default: those that have failed. `held`: those that wait. `all`: also those that were delivered.",
      after: "The `next` of an earlier reply: the replay continues after this message.",
    },
  },
  TestMessageRequest: {
    schema: testMessageRequest,
    description: "A test message.",
    fields: {
      eventTypeId: "The type of events. Every webhook that is subscribed to it gets the message.",
      Text: "A text that the message repeats: at most 1,000 characters.",
    },
  },
  MfaRequest: {
    schema: mfaRequest,
    description: "The answer to a challenge.",
    fields: {
      "mfa-response":
        "One answer for each text in the challenge's `input`. For an approval in the bank's app: `[\"confirmed\"]`.",
    },
  },
  UpstreamNotification: {
    schema: notification,
    description: "A message of the aggregator's webhook. All its other fields are ignored.",
    fields: { eventId: "The aggregator's id of the event." },
  },
} as const satisfies Record<string, Component>;

export const REPLIES = {
  ...PASSED_REPLIES,
  Token: {
    schema: tokenReply,
    description: "An access token.",
    fields: {
      access_token: "A signed JWT with `scope`, `userid`, `version` and `exp`.",
      expires_in: "The seconds for which the token is valid.",
    },
  },
  AuthLink: {
    schema: authLinkReply,
    description: "A link for a user.",
    fields: {
      id: "Names the link. It opens nothing, so you may log it.",
      mobile: "Empty if neither the request nor the user's record has one.",
      expiresAt: "Until then, the link can be used.",
      links: "`public` is what the user opens. `self` is a path of this API.",
    },
  },
  JobStub: {
    schema: stubReply,
    description: "A job that was accepted or changed, with the link to read it.",
    fields: {
      asksUser:
        "In a list of several jobs: whether the bank asks the user something in each login, as far as the aggregator's record of the bank says.",
    },
  },
  JobStubList: { schema: stubListReply, description: "Several jobs, each with the link to read it." },
  LinkResult: {
    schema: linkResult,
    description: "What a step has read, as a path of this API.",
  },
  Challenge: {
    schema: mfaResult,
    description: "What the bank asks the user.",
    fields: {
      method:
        "`token`: a code, or an approval in the bank's app. `security-questions`: questions of the bank.",
      input: "The texts to show to the user. The answer needs one entry for each.",
      expiryMs: "The time for the answer in milliseconds, as the aggregator gave it.",
      expiresAt: "The end of the time for the answer.",
      links: "`response` takes the answer.",
    },
  },
  QueuedResult: {
    schema: queuedResult,
    description: "The bank is down, and the job waits for its next attempt.",
    fields: {
      attempt: "The number of the last attempt.",
      attemptsLeft: "How many more attempts the job makes.",
      nextAttemptAt: "When the next attempt begins.",
      expiresAt: "When the job fails if the bank is still down.",
      details: "The same text as `detail`.",
    },
  },
  StepError: {
    schema: errorResult,
    description: "Why a step failed.",
    fields: { details: "The same text as `detail`." },
  },
  Job: {
    schema: jobReply,
    description: "A piece of work on a connection.",
    fields: {
      steps:
        "In order. A job has finished when a step is `failed`, or when every step is `success` or `skipped`. A deployment can wrap links and challenges in lists of one element.",
      links: "`source` is the connection, as soon as its id is known.",
    },
  },
  JobList: {
    schema: jobListReply,
    description: "A page of a user's jobs, newest first.",
    fields: {
      size: "The number of jobs on this page.",
      links: "`next` is the next page. Without `next`, this page is the last one.",
    },
  },
  InstitutionHealth: {
    schema: institutionHealthReply,
    description: "The health of a bank.",
    fields: {
      status:
        "`down` if the record says so, or after three attempts in a row that the bank failed. `up` again when the bank has decided on a login since, or when its record has become good again and nothing has failed for five minutes.",
      since:
        "When the status began. `null` before the first outage, and for a moment after the record has changed.",
      record: "`status` is the status in the aggregator's record: `null` if the record could not be read.",
      attempts:
        "The attempts of jobs that ended from `from` to `until`. `failed` says who failed: the bank, the aggregator, or this API. `stoppedByUser` counts wrong logins, questions that nobody answered, and cancelled jobs. `successRate` is the share of `succeeded` in the attempts that no user stopped, from 0 to 1. `lastSuccess` may be ten minutes too early if it is older than an hour.",
      steps:
        "How long successful steps of these attempts took. A median is at most 19 % too high or 16 % too low. The time in which a user answers is not in it.",
      waitingJobs: "The jobs that wait for this bank in the queue. `isAtLeast`: there may be more.",
    },
  },
  Event: { schema: eventReply, description: "Something that happened." },
  OtherEvent: {
    schema: otherEventReply,
    description: "Something that happened to a webhook, to a bank, or at the aggregator.",
    fields: {
      id: "The same for every delivery of the event.",
      createdDate: "When the event was stored.",
      dataRef: "What the event is about.",
    },
  },
  JobEvent: {
    schema: jobEventReply,
    description: "Something that happened to a job.",
    fields: {
      id: "The same for every delivery of the event.",
      createdDate: "When the event was stored.",
      dataRef: "The job.",
      data: "`sequence` counts the events of the job from 1, without gaps. `job` is the job as it was after the change.",
    },
  },
  EventList: {
    schema: eventListReply,
    description: "A page of events, oldest first.",
    fields: {
      size: "The number of events on this page.",
      links: "`next` is the next page, while there may be more events.",
    },
  },
  EventType: { schema: eventTypeReply, description: "A type of events." },
  EventTypeList: { schema: eventTypeListReply, description: "All types of events." },
  Webhook: {
    schema: webhookReply,
    description: "A receiver of messages.",
    fields: WEBHOOK_REPLY_FIELDS,
  },
  WebhookWithSecret: {
    schema: webhookWithSecretReply,
    description: "A webhook with its newest secret.",
    fields: {
      ...WEBHOOK_REPLY_FIELDS,
      secret: "Signs the messages. No other reply shows it: store it now.",
    },
  },
  WebhookList: { schema: webhookListReply, description: "All webhooks, the oldest first." },
  WebhookPayload: {
    schema: webhookPayload,
    description: "What is sent to a webhook.",
    fields: {
      Text: "The text of a test message.",
      links:
        "`event` is the event. A test message has no stored event. `eventEntity` is what the event is about.",
    },
  },
  FullWebhookPayload: {
    schema: fullWebhookPayload,
    description: "What is sent to a webhook with the payload `full`, except test messages.",
    fields: { event: "The event, as `GET /events/{eventId}` returns it." },
  },
  WebhookBody: {
    schema: webhookBody,
    description: "What a webhook receives: the payload that it was created with.",
  },
  WebhookAttempt: {
    schema: webhookAttempt,
    description: "An attempt to send a message.",
    fields: {
      id: "The number of the attempt, from 1.",
      response: "At most 256 bytes of the reply, or why there was none.",
      responseStatusCode: "The status of the reply. Absent if no reply came.",
    },
  },
  WebhookMessage: {
    schema: webhookMessageReply,
    description: "An event on its way to a webhook.",
    fields: MESSAGE_FIELDS,
  },
  WebhookMessageList: {
    schema: webhookMessageListReply,
    description: "A page of the messages of a webhook, newest first.",
    fields: {
      size: "The number of messages on this page.",
      count: "The same number, as published.",
      links: "`next` is the next page, while there may be more messages.",
    },
  },
  TestMessages: { schema: testMessagesReply, description: "One message for each webhook." },
  Replay: {
    schema: replayReply,
    description: "How many messages will be sent again.",
    fields: {
      count: "At most 500.",
      next: "While there may be more messages: send the request again with this id as `after`.",
    },
  },
  Health: { schema: healthReply, description: "The API answers." },
  Document: { schema: z.looseObject({ openapi: z.string() }), description: "This document." },
  Errors: {
    schema: errorReply,
    description: "Why the API refused the call: one entry for each fault, all of one kind.",
    fields: { correlationId: "The log lines of the request have the same `correlationId`." },
  },
} as const satisfies Record<string, Component>;
