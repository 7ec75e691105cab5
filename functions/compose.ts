import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { dynamoApiKeys } from "./access/api-keys.ts";
import { dynamoRequestCounts } from "./access/request-counts.ts";
import { kmsTokenIssuer, kmsTokenVerifier } from "./access/tokens.ts";
import { basiq } from "./aggregators/basiq/basiq.ts";
import { basiqTransport } from "./aggregators/basiq/transport.ts";
import { cachedInstitutions } from "./aggregators/cached-institutions.ts";
import { measuredUpstream } from "./aggregators/measured-upstream.ts";
import { DEFAULT_ANSWER_WAIT_SECONDS } from "./jobs/domain/challenge.ts";
import { DEFAULT_FOLLOW_LIMIT_MINUTES, DEFAULT_FOLLOW_SLICE_SECONDS } from "./jobs/domain/following.ts";
import { DEFAULT_RETENTION_DAYS } from "./jobs/domain/times-to-live.ts";
import { dynamoClaims } from "./jobs/store/claims.ts";
import { sfnExecutions, sfnWaker } from "./jobs/store/executions.ts";
import { sealedFingerprints } from "./jobs/store/fingerprints.ts";
import { dynamoJobList } from "./jobs/store/job-list.ts";
import { dynamoJobStore, measuredJobStore } from "./jobs/store/job-store.ts";
import { dynamoRefusedLogins } from "./jobs/store/refused-logins.ts";
import { dynamoReservations } from "./jobs/store/reservations.ts";
import { dynamoSweptJobs } from "./jobs/store/swept-jobs.ts";
import { dynamoVault, kmsSealer } from "./jobs/store/vault.ts";
import { notingCalls } from "./platform/aws-call.ts";
import { systemClock } from "./platform/clock.ts";
import { environment, setting } from "./platform/environment.ts";
import { logCall, logMeasured } from "./platform/log.ts";
import { emfMetrics } from "./platform/metrics.ts";
import { secretsManagerSecret } from "./platform/secrets-manager.ts";

/*
 * The composition root. It creates each dependency at its first use, from the environment of the function that uses
 * it. An entry names its own dependencies; the others are marked as pure, so that the bundler leaves them out.
 */

/** Returns a function that creates a value at its first call, and returns the same value at later calls. */
export function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** In milliseconds. The AWS clients retry a request that exceeds these limits. */
const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

const dynamo = /* @__PURE__ */ once(() => {
  const client = new DynamoDBClient({ requestHandler });
  client.middlewareStack.add(notingCalls);
  return client;
});
const kms = /* @__PURE__ */ once(() => {
  const client = new KMSClient({ requestHandler });
  client.middlewareStack.add(notingCalls);
  return client;
});
const secretsManager = /* @__PURE__ */ once(() => {
  const client = new SecretsManagerClient({ requestHandler, maxAttempts: 2 });
  client.middlewareStack.add(notingCalls);
  return client;
});
const sfn = /* @__PURE__ */ once(() => {
  const client = new SFNClient({ requestHandler });
  client.middlewareStack.add(notingCalls);
  return client;
});

const newId = randomUUID;

export const clock = /* @__PURE__ */ once(() => systemClock(Number(setting("TIME_SCALE") ?? 1)));

export const metrics = /* @__PURE__ */ once(() => ({
  ...emfMetrics({ namespace: () => setting("METRICS_NAMESPACE"), write: logMeasured }),
  called: logCall,
}));

const jobsTable = () => environment("JOBS_TABLE");

const jobsOptions = /* @__PURE__ */ once(() => ({
  client: dynamo(),
  tableName: jobsTable(),
  clock: clock(),
  retentionDays: Number(setting("RETENTION_DAYS") ?? DEFAULT_RETENTION_DAYS),
  newId,
}));

/** For functions that only read jobs: reads are not measured. */
export const jobStore = /* @__PURE__ */ once(() => dynamoJobStore(jobsOptions()));

export const jobs = /* @__PURE__ */ once(() => measuredJobStore(jobStore(), metrics()));

export const claims = /* @__PURE__ */ once(() => dynamoClaims(dynamo(), jobsTable(), clock()));

const refusedLogins = /* @__PURE__ */ once(() => dynamoRefusedLogins(dynamo(), jobsTable(), clock()));

export const requestCounts = /* @__PURE__ */ once(() => dynamoRequestCounts(dynamo(), jobsTable()));

export const jobList = /* @__PURE__ */ once(() => dynamoJobList(dynamo(), jobsTable(), clock()));

export const sweptJobs = /* @__PURE__ */ once(() => dynamoSweptJobs(dynamo(), jobsTable(), clock()));

export const apiKeys = /* @__PURE__ */ once(() => dynamoApiKeys(dynamo(), jobsTable()));

export const sealer = /* @__PURE__ */ once(() => kmsSealer(kms(), environment("SEALING_KEY_ID")));

export const vault = /* @__PURE__ */ once(() =>
  dynamoVault({
    client: dynamo(),
    tableName: environment("SECRETS_TABLE"),
    sealer: sealer(),
    clock: clock(),
  }),
);

const reservations = /* @__PURE__ */ once(() => dynamoReservations(dynamo(), jobsTable(), clock()));

const fingerprints = /* @__PURE__ */ once(() => sealedFingerprints(sealer()));

export const tokenIssuer = /* @__PURE__ */ once(() => kmsTokenIssuer(kms(), environment("SIGNING_KEY_ID")));

export const tokenVerifier = /* @__PURE__ */ once(() =>
  kmsTokenVerifier(kms(), environment("SIGNING_KEY_ID")),
);

export const executions = /* @__PURE__ */ once(() => sfnExecutions(sfn(), environment("STATE_MACHINE_ARN")));

export const waker = /* @__PURE__ */ once(() => sfnWaker(sfn()));

export const upstream = /* @__PURE__ */ once(() => {
  const transport = basiqTransport({
    baseUrl: environment("UPSTREAM_URL"),
    version: environment("UPSTREAM_VERSION"),
    apiKey: secretsManagerSecret(secretsManager(), environment("UPSTREAM_API_KEY_SECRET")),
    clock: clock(),
  });
  return measuredUpstream(basiq(transport, environment("UPSTREAM_VERSION")), metrics());
});

/** Institutions that may be a minute old. */
const institutions = /* @__PURE__ */ once(() => cachedInstitutions(upstream()));

/** Whether jobs are queued, and for how long they are followed. */
const policy = /* @__PURE__ */ once(() => ({
  queues: setting("QUEUE") !== "off",
  followLimitMs: Number(setting("FOLLOW_LIMIT_MINUTES") ?? DEFAULT_FOLLOW_LIMIT_MINUTES) * 60_000,
  followSliceMs: Number(setting("FOLLOW_SLICE_SECONDS") ?? DEFAULT_FOLLOW_SLICE_SECONDS) * 1000,
}));

export const settings = /* @__PURE__ */ once(() => ({
  allowsUnboundClientTokens: setting("ALLOW_UNBOUND_CLIENT_TOKENS") === "true",
}));

/** For how long the reply to an MFA answer waits for the bank's decision. */
export const answerWaitMs = /* @__PURE__ */ once(
  () => Number(setting("ANSWER_WAIT_SECONDS") ?? DEFAULT_ANSWER_WAIT_SECONDS) * 1000,
);

/** Whether our API takes logins, and not only the aggregator's Consent UI. */
export const takesLogins = /* @__PURE__ */ once(() => setting("CONNECT") !== "consent-ui");

/** Options for rendering jobs in replies. */
export const replyOptions = /* @__PURE__ */ once(() => {
  const stepResults = setting("STEP_RESULTS") === "list" ? ("list" as const) : ("object" as const);
  return { apiUrl: environment("API_URL"), stepResults };
});

/** The dependencies of every function that accepts jobs. */
export const acceptingDeps = /* @__PURE__ */ once(() => ({
  newId,
  clock: clock(),
  jobs: jobStore(),
  claims: claims(),
  vault: vault(),
  executions: executions(),
  refusedLogins: refusedLogins(),
  upstream: upstream(),
  institutions: institutions(),
  requestCounts: requestCounts(),
  reservations: reservations(),
  fingerprints: fingerprints(),
  tokenVerifier: tokenVerifier(),
}));

/** The dependencies of every function that may end a job. */
export const endDeps = /* @__PURE__ */ once(() => ({ jobs: jobs(), vault: vault() }));

/** The dependencies of every Task that follows a job. */
export const followDeps = /* @__PURE__ */ once(() => ({
  ...endDeps(),
  clock: clock(),
  upstream: upstream(),
  claims: claims(),
  refusedLogins: refusedLogins(),
  policy: policy(),
}));
