import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { connection, link, mfa, type rawUpstream, reply } from "../../support/basiq-replies.ts";
import { gavin, UPSTREAM_JOB_ID, USER_ID } from "../../support/job-examples.ts";

type Client = Awaited<ReturnType<typeof rawUpstream>>;

export interface UpstreamCall {
  /** How upstream would answer if it were well. */
  good: object;
  isPost: boolean;
  call(client: Client): Promise<unknown>;
}

const accepted = {
  type: "job",
  id: UPSTREAM_JOB_ID,
  links: { self: `https://upstream.example/jobs/${UPSTREAM_JOB_ID}` },
};
const job = reply(
  { status: "success", result: link },
  {
    institution: { type: "institution", id: "AU00000" },
    links: { self: "https://upstream.example/jobs/61723", source: `https://upstream.example${connection}` },
  },
);
const steps = [
  ...job.steps,
  { title: "mfa-challenge", status: "in-progress", result: mfa },
  {
    title: "retrieve-accounts",
    status: "failed",
    result: { code: "a-code", title: "A title", detail: "Some words" },
  },
];
const kept = { type: "connection", id: "8fce3b", status: "active", institution: { id: "AU00000" } };

/** Every call of upstream, but that for a token, which is made before each. */
export const UPSTREAM_CALLS: { [name: string]: UpstreamCall } = {
  "an institution": {
    good: {
      type: "institution",
      id: "AU00000",
      authorization: "user-mfa",
      status: "operational",
      securityCodeCaption: "Code",
      secondaryLoginIdCaption: "Number",
    },
    isPost: false,
    call: ({ upstream }) => upstream.institution("AU00000"),
  },
  "a connection": {
    good: kept,
    isPost: false,
    call: ({ upstream }) => upstream.connection(USER_ID, "8fce3b"),
  },
  "all connections": {
    good: { data: [kept] },
    isPost: false,
    call: ({ upstream }) => upstream.connectionsOf(USER_ID),
  },
  "a job": { good: { ...job, steps }, isPost: false, call: ({ upstream }) => upstream.job(UPSTREAM_JOB_ID) },
  "all jobs": {
    good: { data: [{ ...job, steps }] },
    isPost: false,
    call: ({ upstream }) => upstream.jobsOf(USER_ID, "8fce3b"),
  },
  "a new connection": {
    good: accepted,
    isPost: true,
    call: ({ upstream }) => upstream.openConnection(USER_ID, "AU00000", gavin),
  },
  "another login": {
    good: accepted,
    isPost: true,
    call: ({ upstream }) => upstream.updateConnection(USER_ID, "8fce3b", gavin),
  },
  "a refresh": {
    good: accepted,
    isPost: true,
    call: ({ upstream }) => upstream.refreshConnection(USER_ID, "8fce3b"),
  },
  "an answer": {
    good: accepted,
    isPost: true,
    call: ({ upstream }) => upstream.answer(UPSTREAM_JOB_ID, [new Secret("1234")]),
  },
};

export const GOOD_TOKEN = { access_token: "token", token_type: "Bearer", expires_in: 3600 };
