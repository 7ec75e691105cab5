import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { basiqClient } from "../adapters/basiq-client.ts";
import { basiqConnectionList, basiqConnections } from "../adapters/basiq-connections.ts";
import { basiqInstitutions } from "../adapters/basiq-institutions.ts";
import { basiqTransport } from "../adapters/basiq-transport.ts";
import { cachedInstitutions } from "../adapters/cached-institutions.ts";
import { dynamoApiKeys } from "../adapters/dynamo-api-keys.ts";
import { dynamoClaims } from "../adapters/dynamo-claims.ts";
import { dynamoJobList } from "../adapters/dynamo-job-list.ts";
import { dynamoJobRows } from "../adapters/dynamo-job-rows.ts";
import { dynamoJobStore } from "../adapters/dynamo-job-store.ts";
import { dynamoRefusedLogins, findRefusedLogins } from "../adapters/dynamo-refused-logins.ts";
import { dynamoRequestCounts } from "../adapters/dynamo-request-counts.ts";
import { dynamoReservations } from "../adapters/dynamo-reservations.ts";
import { dynamoSweptJobs } from "../adapters/dynamo-swept-jobs.ts";
import { dynamoVault, dynamoVaultDoor } from "../adapters/dynamo-vault.ts";
import { emfMetrics } from "../adapters/emf-metrics.ts";
import { kmsSealer } from "../adapters/kms-sealer.ts";
import { kmsTokenIssuer } from "../adapters/kms-token-issuer.ts";
import { kmsTokenVerifier } from "../adapters/kms-token-verifier.ts";
import { measuredJobStore } from "../adapters/measured-job-store.ts";
import {
  measuredConnectionList,
  measuredConnections,
  measuredInstitutions,
  measuredUpstream,
} from "../adapters/measured-upstream.ts";
import { sealedFingerprints } from "../adapters/sealed-fingerprints.ts";
import { secretsManagerSecret } from "../adapters/secrets-manager-secret.ts";
import { sfnExecutions } from "../adapters/sfn-executions.ts";
import { sfnWaker } from "../adapters/sfn-waker.ts";
import { sfnWorkflow } from "../adapters/sfn-workflow.ts";
import { systemClock } from "../adapters/system-clock.ts";
import { DEFAULT_RETENTION_DAYS } from "../domain/times-to-live.ts";
import { environment, setting } from "./environment.ts";
import { logMeasured } from "./log.ts";
import { logCall } from "./log-call.ts";
import { once } from "./once.ts";

export { policy, replyOptions, settings } from "./settings.ts";

/*
 * The composition root: each part made at its first use, from the environment of the function that uses it. An entry
 * names the parts it needs; marked as pure, the others stay out of its bundle.
 */

/** An AWS service that does not answer by then is tried again by its client. */
const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

const dynamo = /* @__PURE__ */ once(() => new DynamoDBClient({ requestHandler }));
const kms = /* @__PURE__ */ once(() => new KMSClient({ requestHandler }));
const secretsManager = /* @__PURE__ */ once(
  () => new SecretsManagerClient({ requestHandler, maxAttempts: 2 }),
);
const sfn = /* @__PURE__ */ once(() => new SFNClient({ requestHandler }));

export const newId = randomUUID;

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

/** For functions that take no job any further: there is nothing to measure. */
export const jobRows = /* @__PURE__ */ once(() => dynamoJobRows(jobsOptions()));

export const jobs = /* @__PURE__ */ once(() => measuredJobStore(dynamoJobStore(jobsOptions()), metrics()));

export const claims = /* @__PURE__ */ once(() => dynamoClaims(dynamo(), jobsTable(), clock()));

/** For functions that do not see what becomes of a login. */
export const notedRefusals = /* @__PURE__ */ once(() => ({ find: findRefusedLogins(dynamo(), jobsTable()) }));

export const refusedLogins = /* @__PURE__ */ once(() => dynamoRefusedLogins(dynamo(), jobsTable(), clock()));

export const requestCounts = /* @__PURE__ */ once(() => dynamoRequestCounts(dynamo(), jobsTable()));

export const jobList = /* @__PURE__ */ once(() => dynamoJobList(dynamo(), jobsTable(), clock()));

export const sweptJobs = /* @__PURE__ */ once(() => dynamoSweptJobs(dynamo(), jobsTable(), clock()));

export const apiKeys = /* @__PURE__ */ once(() => dynamoApiKeys(dynamo(), jobsTable()));

export const sealer = /* @__PURE__ */ once(() => kmsSealer(kms(), environment("SEALING_KEY_ID")));

const vaultOptions = /* @__PURE__ */ once(() => ({
  client: dynamo(),
  tableName: environment("SECRETS_TABLE"),
  sealer: sealer(),
  clock: clock(),
}));

/** For functions that read no secret. */
export const vaultDoor = /* @__PURE__ */ once(() => dynamoVaultDoor(vaultOptions()));

export const vault = /* @__PURE__ */ once(() => dynamoVault(vaultOptions()));

export const reservations = /* @__PURE__ */ once(() => dynamoReservations(dynamo(), jobsTable(), clock()));

export const fingerprints = /* @__PURE__ */ once(() => sealedFingerprints(sealer()));

export const tokenIssuer = /* @__PURE__ */ once(() => kmsTokenIssuer(kms(), environment("SIGNING_KEY_ID")));

export const tokenVerifier = /* @__PURE__ */ once(() =>
  kmsTokenVerifier(kms(), environment("SIGNING_KEY_ID")),
);

export const workflow = /* @__PURE__ */ once(() => sfnWorkflow(sfn(), environment("STATE_MACHINE_ARN")));

export const executions = /* @__PURE__ */ once(() => sfnExecutions(sfn(), environment("STATE_MACHINE_ARN")));

export const waker = /* @__PURE__ */ once(() => sfnWaker(sfn()));

const upstreamTransport = /* @__PURE__ */ once(() =>
  basiqTransport({
    baseUrl: environment("UPSTREAM_URL"),
    version: environment("UPSTREAM_VERSION"),
    apiKey: secretsManagerSecret(secretsManager(), environment("UPSTREAM_API_KEY_SECRET")),
    clock: clock(),
  }),
);

export const upstream = /* @__PURE__ */ once(() =>
  measuredUpstream(basiqClient(upstreamTransport()), metrics()),
);

/** Upstream's, as far as they may be a minute old. */
export const institutions = /* @__PURE__ */ once(() =>
  cachedInstitutions(measuredInstitutions(basiqInstitutions(upstreamTransport()), metrics())),
);

export const connections = /* @__PURE__ */ once(() =>
  measuredConnections(basiqConnections(upstreamTransport()), metrics()),
);

export const connectionList = /* @__PURE__ */ once(() =>
  measuredConnectionList(basiqConnectionList(upstreamTransport()), metrics()),
);
