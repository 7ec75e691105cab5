import { expect, test } from "vitest";
import * as z from "zod";
import { parse } from "zod/v4/core";
import { readUpstreamJobs } from "../../../functions/aggregators/basiq/job-list.ts";
import {
  readConnection,
  readConnections,
  readInstitution,
  readUpstreamJob,
  upstreamAcceptedSchema,
  upstreamErrorSchema,
  upstreamTokenSchema,
} from "../../../functions/aggregators/basiq/replies.ts";
import { renderErrors } from "../../../functions/http/errors.ts";
import { renderJobList, renderStubs } from "../../../functions/jobs/api/replies.ts";
import { jobOf } from "../../support/job-examples.ts";

/*
 * Replies as the aggregator's own tests recorded them, with fewer of the fields that are not read. Its recorder has put
 * `{url}` and `{source}` in the place of some links.
 */
const API = "https://au-api.basiq.io";
const USER = "/users/8cda72db-b11f-4b8e-a4ca-3c5b1de4e4b5";
const JOB_ID = "b1ef29c9-3f8c-45c9-a823-d819605989c6";
const CONNECTION_ID = "64011b56-988a-4c2c-bfca-16c836cec23f";

const step = (title: string, url: string) => ({ title, status: "success", result: { type: "link", url } });
const steps = [
  step("verify-credentials", `${USER}/connections/${CONNECTION_ID}`),
  step("retrieve-accounts", `${USER}/accounts?filter=institution.id.eq('AU00000')`),
  step("retrieve-transactions", `${USER}/transactions?filter=institution.id.eq('AU00000')`),
];
const institution = { type: "institution", id: "AU00000", links: { self: `${API}/institutions/AU00000` } };
const stub = { type: "job", id: JOB_ID, links: { self: `${API}/jobs/${JOB_ID}` } };
const job = {
  ...stub,
  created: "2020-09-09T11:06:52Z",
  updated: "2020-09-09T11:07:39Z",
  steps,
  links: { ...stub.links, source: `${API}${USER}/connections/${CONNECTION_ID}` },
};
const listed = {
  ...job,
  institution,
  links: { ...stub.links, source: "{source}" },
  steps: [step("verify-credentials", "{url}"), ...steps.slice(1)],
};
const links = { self: `${API}${USER}/jobs` };
const list = (...data: object[]) => ({ type: "list", size: data.length, data, links });
const connection = { type: "connection", id: CONNECTION_ID, status: "active", profile: {}, institution };
const words = { title: "We have encountered an error", detail: "Unable to authenticate." };
const error = {
  type: "list",
  correlationId: "1c16f75c-36fb-421f-98a5-bf18a0b6583c",
  data: [{ type: "error", code: "parameter-not-valid", ...words }],
};

test("recorded replies of the aggregator are read", () => {
  expect(readUpstreamJob(job)).toMatchObject({ id: JOB_ID, connectionId: CONNECTION_ID, steps });
  const listedJob = { id: JOB_ID, institutionId: "AU00000", connectionId: undefined };
  expect(readUpstreamJobs(list(listed))).toMatchObject([listedJob]);
  expect(readUpstreamJobs(list())).toEqual([]);
  expect(parse(upstreamAcceptedSchema, stub)).toEqual({ id: JOB_ID });
  const read = { id: CONNECTION_ID, institutionId: "AU00000" };
  expect(readConnection(connection)).toEqual(read);
  expect(readConnections(list(connection))).toEqual([read]);
  const bank = { ...institution, authorization: "user", loginIdCaption: "Login", status: "operational" };
  expect(readInstitution(bank)).toMatchObject({
    id: "AU00000",
    authorization: "user",
    status: "operational",
  });
  expect(parse(upstreamErrorSchema, error).data).toMatchObject([{ code: "parameter-not-valid" }]);
  const token = { access_token: "eyJh...vH4g", expires_in: 3600, token_type: "Bearer" };
  expect(parse(upstreamTokenSchema, token).expires_in).toBe(3600);
});

test.each([stub, connection, institution, error, list(listed)])(
  "a recorded reply of another kind is not read as a job: %j",
  (other) => {
    expect(() => readUpstreamJob(other)).toThrow();
  },
);

/** The fields of a reply, with the kinds of their values. */
function shapeOf(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.slice(0, 1).map(shapeOf);
  const fields = z.record(z.string(), z.unknown()).safeParse(reply);
  if (!fields.success) return typeof reply;
  return Object.fromEntries(Object.entries(fields.data).map(([name, value]) => [name, shapeOf(value)]));
}

test("our replies have the fields of the recorded ones", () => {
  const options = { apiUrl: "https://api.example.com", stepResults: "object" } as const;
  const asked = { filter: undefined, limit: undefined, next: undefined };
  const jobs = [jobOf({ steps: readUpstreamJob(job).steps, connectionId: CONNECTION_ID })];
  const ours = renderJobList({ jobs, next: undefined }, "ea3a81", asked, options);
  // `jobType` came with version 3.0.
  const data = ours.data.map(({ jobType: _, ...rest }) => rest);
  expect(shapeOf({ ...ours, data })).toEqual(shapeOf(list(listed)));
  expect(shapeOf(renderJobList({ jobs: [], next: undefined }, "ea3a81", asked, options))).toEqual(
    shapeOf(list()),
  );
  // `asksUser` is our addition.
  const stubs = renderStubs(jobs, options).data.map(({ asksUser: _, ...rest }) => rest);
  expect(shapeOf({ type: "list", data: stubs })).toEqual(shapeOf({ type: "list", data: [stub] }));
  expect(shapeOf(renderErrors("c", [{ reason: "api-key-not-valid" }]).body)).toEqual(shapeOf(error));
});
