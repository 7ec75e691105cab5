import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { endpointOf, entryOf, methodsOfRoute, ROUTE_NAMES, ROUTES } from "../../../functions/routes.ts";
import { ENTRY_METADATA } from "../../../infra/aws/entry-metadata.ts";
import { DEPLOYMENT_SETTINGS } from "../../../infra/aws/settings.ts";
import { entriesIn } from "../../../infra/bundling/bundle-entries.ts";
import { synthesize } from "../../../infra/synthesize.ts";
import { functionsByEntry, ofType, type Resources, referredTo, withoutHash } from "../../infra/resources.ts";
import { ALL_SETTINGS, synthesizedResources, synthesizedTemplate } from "../../infra/synthesized.ts";
import { LOG_WRITING, permissionsOfRole, roleOf } from "../support/statements.ts";

const resources = synthesizedResources();
const withAllSettings = synthesizedResources(ALL_SETTINGS);
const withSandbox = synthesizedResources({ upstream: "sandbox" });
/** A deployment that takes webhooks of the aggregator has one function more. */
const WEBHOOKS = { upstreamVersion: "3.0", upstreamWebhookSecret: "upstream-webhook" };
const withAllFunctions = synthesizedResources({ upstream: "sandbox", ...WEBHOOKS });
const functions = functionsByEntry(withAllFunctions);
const ofTheSystem = [...functionsByEntry(synthesizedResources(WEBHOOKS))];
const SANDBOX = "sandbox/sandbox.lambda.ts";
const LOOK_AT_BANKS = "functions/institutions/look-at-banks.lambda.ts";
const SWEEP = "functions/jobs/workflow/sweep.lambda.ts";
const REFUSE = "functions/http/refuse.lambda.ts";
/** In seconds, by what an entry's path begins with. The gateway replies in place of an API function that takes 30 s. */
const TIMEOUTS: readonly [path: string, seconds: number][] = [
  ["functions/jobs/workflow/", 180],
  ["functions/events/store-events", 60],
  ["functions/institutions/look-at-banks", 90],
  ["functions/webhooks/upstream/fetch-events", 300],
  ["functions/webhooks/deliver-webhooks", 300],
];
const DELIVER = "functions/webhooks/deliver-webhooks.lambda.ts";
const onFailure = z.object({
  DestinationConfig: z.object({
    OnFailure: z.object({ Destination: z.object({ "Fn::GetAtt": z.tuple([z.string(), z.literal("Arn")]) }) }),
  }),
});
const FOLLOWING = ["open-connection", "follow-job", "send-answer"];

const propertiesOf = (type: string, all: Resources = resources) =>
  ofType(all, type).map(([, { Properties }]) => Properties);
const withVariables = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });
const variablesOf = (properties: unknown) => withVariables.parse(properties).Environment.Variables;
const arnOf = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });

test("The template with all settings has every setting but the sandbox, whose address it would replace", () => {
  const named = Object.keys(DEPLOYMENT_SETTINGS).filter((name) => name !== "upstream");
  expect(Object.keys(ALL_SETTINGS).toSorted()).toEqual(named.toSorted());
});

test.each([
  ["the aggregator", {}],
  ["the sandbox", { upstream: "sandbox" }],
  ["all settings", ALL_SETTINGS],
])("The rules of CloudFormation accept the template with %s", (_, settings) => {
  expect(() => synthesize(settings, true)).not.toThrow();
});

describe("functions", () => {
  test("Every entry is deployed as one function, and nothing else is", () => {
    expect([...functions.keys()].toSorted()).toEqual(entriesIn().toSorted());
    expect(ofType(withAllFunctions, "AWS::Lambda::Function")).toHaveLength(functions.size);
  });

  test.each([...functions])("%s runs on Node.js 24 and ARM, and ends in time", (entry, { Properties }) => {
    const Timeout = TIMEOUTS.find(([room]) => entry.startsWith(room))?.[1] ?? 29;
    expect(Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], Timeout });
    // A new account has a concurrency of ten in all.
    expect(Properties).not.toHaveProperty("ReservedConcurrentExecutions");
  });

  test("Only the functions that follow jobs have the concurrency of the settings", () => {
    const limited = [...functionsByEntry(withAllSettings)].flatMap(([entry, { Properties }]) => {
      const limit = Properties["ReservedConcurrentExecutions"];
      return limit === undefined ? [] : [[entry.replace(/.*\/|\.lambda\.ts$/g, ""), limit]];
    });
    expect(Object.fromEntries(limited)).toEqual(Object.fromEntries(FOLLOWING.map((name) => [name, 5])));
  });

  test("The state machine is a standard one", () => {
    expect(propertiesOf("AWS::StepFunctions::StateMachine")).toMatchObject([
      { StateMachineType: "STANDARD" },
    ]);
  });
});

describe("the environment", () => {
  test.each(ofTheSystem)("%s has exactly the variables that its code reads", (entry, { Properties }) => {
    expect(Object.keys(variablesOf(Properties)).toSorted()).toEqual(variablesReadBy(entry));
  });

  test("The variables that an entry reads are those of everything that it takes from compose.ts", () => {
    expect(variablesReadBy("functions/http/health.lambda.ts")).toEqual(["LOG_LEVEL"]);
    expect(variablesReadBy("functions/jobs/workflow/give-up.lambda.ts")).toEqual([
      "JOBS_TABLE",
      "LOG_LEVEL",
      "METRICS_NAMESPACE",
      "MONITORING",
      "RETENTION_DAYS",
      "SEALING_KEY_ID",
      "SECRETS_TABLE",
    ]);
  });

  const withSettings = (entry: string) =>
    variablesOf(functionsByEntry(withAllSettings).get(`functions/${entry}.lambda.ts`)?.Properties);

  test("The functions that follow a job get the queue, the limit and the slice of the settings", () => {
    const given = { QUEUE: "off", FOLLOW_LIMIT_MINUTES: "1440", FOLLOW_SLICE_SECONDS: "0" };
    for (const name of FOLLOWING) expect(withSettings(`jobs/workflow/${name}`)).toMatchObject(given);
  });

  test("The functions of the API get who takes logins, the wait for the bank and the tokens of the settings", () => {
    for (const name of ["create-connection", "update-connection"]) {
      expect(withSettings(`jobs/api/${name}`)).toMatchObject({ CONNECT: "consent-ui" });
    }
    expect(withSettings("jobs/api/answer-mfa")).toMatchObject({ ANSWER_WAIT_SECONDS: "20", WAITERS: "50" });
    expect(withSettings("jobs/api/job-changes")).toMatchObject({ WAITERS: "50" });
    expect(withSettings("access/issue-token")).toMatchObject({ ALLOW_UNBOUND_CLIENT_TOKENS: "true" });
  });
});

describe("tables", () => {
  const tables = new Map(
    ofType(resources, "AWS::DynamoDB::Table").map(([id, table]) => [withoutHash(id), table]),
  );

  test("Jobs have backups and outlive the stack, but not a deployment that creates it in vain", () => {
    expect([...tables.keys()]).toEqual(["TablesJobs", "TablesSecrets", "TablesEvents"]);
    expect(tables.get("TablesJobs")).toMatchObject({
      DeletionPolicy: "RetainExceptOnCreate",
      UpdateReplacePolicy: "Retain",
      Properties: {
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        BillingMode: "PAY_PER_REQUEST",
      },
    });
  });

  // A changed index is a new name: DynamoDB would replace the index, and its queries would find nothing meanwhile.
  test("The indexes of jobs are those that are published, and the secrets have no index", () => {
    const index = (IndexName: string, hash: string, range: string, Projection: object) => ({
      IndexName,
      KeySchema: [
        { AttributeName: hash, KeyType: "HASH" },
        { AttributeName: range, KeyType: "RANGE" },
      ],
      Projection,
    });
    const howOld = { ProjectionType: "INCLUDE", NonKeyAttributes: ["createdAt", "runsSince"] };
    expect(tables.get("TablesJobs")?.Properties["GlobalSecondaryIndexes"]).toEqual([
      index("listed-by-age", "listed", "createdAt", { ProjectionType: "KEYS_ONLY" }),
      index("swept-by-time", "sweep", "sweepAt", howOld),
      {
        IndexName: "owned-by-user",
        KeySchema: [{ AttributeName: "owner", KeyType: "HASH" }],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ]);
    expect(tables.get("TablesSecrets")?.Properties).not.toHaveProperty("GlobalSecondaryIndexes");
    expect(tables.get("TablesEvents")?.Properties["GlobalSecondaryIndexes"]).toEqual([
      index("by-time", "listed", "place", { ProjectionType: "ALL" }),
      index("by-user", "listedUser", "place", { ProjectionType: "ALL" }),
      index("waiting-by-age", "waiting", "place", { ProjectionType: "INCLUDE", NonKeyAttributes: ["dueAt"] }),
    ]);
  });

  test("The jobs table has a deletion protection only if the settings ask for it", () => {
    const ofJobs = (all: Resources) =>
      propertiesOf("AWS::DynamoDB::Table", all)[0]?.["DeletionProtectionEnabled"];
    expect([ofJobs(resources), ofJobs(withAllSettings)]).toEqual([false, true]);
  });
});

describe("the API", () => {
  const route = z.object({
    RouteKey: z.string(),
    Target: z.object({
      "Fn::Join": z.tuple([z.literal(""), z.tuple([z.literal("integrations/"), z.unknown()])]),
    }),
  });

  function servedBy(all: Resources) {
    const served = propertiesOf("AWS::ApiGatewayV2::Route", all).map((properties) => {
      const { RouteKey, Target } = route.parse(properties);
      const integration = all[referredTo(Target["Fn::Join"][1][1])];
      const found = all[referredTo(integration?.Properties["IntegrationUri"])];
      return [RouteKey, found?.Metadata[ENTRY_METADATA]];
    });
    return Object.fromEntries(served);
  }

  test("Each route is served by its entry, and everything else is refused", () => {
    const routes = ROUTE_NAMES.flatMap((name) =>
      methodsOfRoute(name).map((method) => [`${method} ${ROUTES[name].path}`, entryOf(endpointOf(name))]),
    );
    const expected = Object.fromEntries([...routes, ["$default", REFUSE]]);
    expect(servedBy(resources)).toEqual(expected);
    // Preflights have a route of their own, because the default route would refuse them with 405.
    expect(servedBy(withAllSettings)).toEqual({ ...expected, "OPTIONS /{proxy+}": REFUSE });
  });

  test("Each API has the name of its system in the console", () => {
    const namesIn = (all: Resources) => propertiesOf("AWS::ApiGatewayV2::Api", all).map(({ Name }) => Name);
    expect(namesIn(withSandbox)).toEqual(["ConnectionJobs sandbox", "ConnectionJobs"]);
    expect(namesIn(withAllSettings)).toEqual(["ConnectionJobs-test"]);
  });

  test("The API serves at its root, and invokes its functions in the format that they read", () => {
    const integrations = propertiesOf("AWS::ApiGatewayV2::Integration", withSandbox);
    for (const integration of integrations) {
      expect(integration).toMatchObject({ PayloadFormatVersion: "2.0", IntegrationType: "AWS_PROXY" });
    }
    for (const stage of propertiesOf("AWS::ApiGatewayV2::Stage", withSandbox)) {
      expect(stage["StageName"]).toBe("$default");
    }
    const ofAnApi = propertiesOf("AWS::Lambda::Permission", withSandbox).filter(
      ({ Principal }) => Principal === "apigateway.amazonaws.com",
    );
    // All routes that pass share one permission.
    const passed = ROUTE_NAMES.filter((name) => endpointOf(name) === "pass-through");
    const routes = propertiesOf("AWS::ApiGatewayV2::Route", withSandbox).length;
    expect(ofAnApi).toHaveLength(routes - passed.length + 1);
    for (const permission of ofAnApi) {
      expect(permission).toMatchObject({ Action: "lambda:InvokeFunction", SourceArn: expect.anything() });
    }
  });

  test("Web pages of the given origins, and no others, may call every method with every header that it reads, and read what it replies", () => {
    const [api] = propertiesOf("AWS::ApiGatewayV2::Api", withAllSettings);
    const methods = new Set(ROUTE_NAMES.map((name) => ROUTES[name].method));
    const cors = z.looseObject({ AllowMethods: z.array(z.string()) }).parse(api?.["CorsConfiguration"]);
    expect(cors.AllowMethods.toSorted()).toEqual([...methods].toSorted());
    expect(cors).toMatchObject({
      AllowOrigins: ALL_SETTINGS.corsOrigins,
      AllowHeaders: ["authorization", "content-type", "basiq-version", "idempotency-key", "if-none-match"],
      ExposeHeaders: ["etag", "retry-after"],
    });
    expect(propertiesOf("AWS::ApiGatewayV2::Api")[0]).not.toHaveProperty("CorsConfiguration");
  });
});

test("The logs that AWS itself writes share one entry of the account's resource policy, by their names", () => {
  const groups = [
    ...propertiesOf("AWS::ApiGatewayV2::Stage", withSandbox),
    ...propertiesOf("AWS::StepFunctions::StateMachine", withSandbox),
  ].map((properties) => /"Fn::GetAtt":\["(\w+Logs\w+)","Arn"\]/.exec(JSON.stringify(properties))?.[1] ?? "");
  const names = groups.map((id) => withSandbox[id]?.Properties["LogGroupName"]);
  const written = ["Api", "Sandbox", "Workflow"].map((part) => `/aws/vendedlogs/ConnectionJobs/${part}`);
  expect(names.toSorted()).toEqual(written);
});

describe.each([
  ["sweeper", SWEEP],
  ["function that looks at banks", LOOK_AT_BANKS],
  ["function that sends messages", DELIVER],
])("the %s", (name, entry) => {
  const [[scheduled = ""] = []] = ofType(resources, "AWS::Lambda::Function").filter(
    ([, { Metadata }]) => Metadata[ENTRY_METADATA] === entry,
  );
  const [config] = propertiesOf("AWS::Lambda::EventInvokeConfig").filter(
    ({ FunctionName }) => referredTo(FunctionName) === scheduled,
  );
  const queue = onFailure.parse(config).DestinationConfig.OnFailure.Destination["Fn::GetAtt"][0];

  test(`The ${name} runs every minute, by its rule, and no run is repeated`, () => {
    const deadLetters = { DeadLetterConfig: { Arn: arnOf(queue) } };
    const RetryPolicy = { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 };
    const rules = ofType(resources, "AWS::Events::Rule").filter(([, { Properties }]) =>
      JSON.stringify(Properties).includes(scheduled),
    );
    expect(rules.map(([, { Properties }]) => Properties)).toMatchObject([
      {
        ScheduleExpression: "rate(1 minute)",
        State: "ENABLED",
        Targets: [{ Arn: arnOf(scheduled), ...deadLetters, RetryPolicy }],
      },
    ]);
    expect(config).toMatchObject({ MaximumRetryAttempts: 0 });
    const invokers = propertiesOf("AWS::Lambda::Permission").filter(
      ({ FunctionName }) => referredTo(FunctionName) === scheduled,
    );
    const [[rule = ""] = []] = rules;
    expect(invokers).toMatchObject([{ Principal: "events.amazonaws.com", SourceArn: arnOf(rule) }]);
  });

  test("Only schedules may write to the dead-letter queue, over TLS", () => {
    const schedules = queue.startsWith("Sweeper") ? 2 : 1;
    const allowed = {
      Effect: "Allow",
      Action: "sqs:SendMessage",
      Principal: { Service: "events.amazonaws.com" },
    };
    const tls = { Bool: { "aws:SecureTransport": "false" } };
    const policies = propertiesOf("AWS::SQS::QueuePolicy").filter(({ Queues }) =>
      JSON.stringify(Queues).includes(queue),
    );
    expect(policies).toMatchObject([
      {
        Queues: [{ Ref: queue }],
        PolicyDocument: {
          Statement: [
            { Effect: "Deny", Action: "sqs:*", Principal: { AWS: "*" }, Condition: tls },
            ...Array.from({ length: schedules }, () => allowed),
          ],
        },
      },
    ]);
  });
});

describe("events", () => {
  const tableOf = (all: Resources, name: string) =>
    ofType(all, "AWS::DynamoDB::Table").find(([id]) => withoutHash(id) === name);
  const queueId = ofType(resources, "AWS::SQS::Queue").find(([id]) => /LostRecords/.test(id))?.[0] ?? "";

  test("Changes of jobs, and of no other rows, come to the function that stores events until it succeeds", () => {
    const [id = "", jobs] = tableOf(resources, "TablesJobs") ?? [];
    expect(jobs?.Properties["StreamSpecification"]).toEqual({ StreamViewType: "NEW_AND_OLD_IMAGES" });
    const [mapping, ...more] = propertiesOf("AWS::Lambda::EventSourceMapping");
    expect(more).toEqual([]);
    expect(mapping).toMatchObject({
      EventSourceArn: { "Fn::GetAtt": [id, "StreamArn"] },
      StartingPosition: "TRIM_HORIZON",
      BisectBatchOnFunctionError: true,
      DestinationConfig: { OnFailure: { Destination: arnOf(queueId) } },
      FilterCriteria: {
        Filters: [
          {
            Pattern: JSON.stringify({
              eventName: ["MODIFY"],
              dynamodb: { Keys: { pk: { S: [{ prefix: "job#" }] } } },
            }),
          },
        ],
      },
    });
    expect(mapping).not.toHaveProperty("MaximumRetryAttempts");
  });

  test("The bus, its archive and the stream of events are there only with the setting", () => {
    const types = ["AWS::Events::EventBus", "AWS::Events::Archive", "AWS::Pipes::Pipe"];
    expect(types.map((type) => ofType(resources, type).length)).toEqual([0, 0, 0]);
    expect(types.map((type) => ofType(withAllSettings, type).length)).toEqual([1, 1, 2]);
    expect(propertiesOf("AWS::Events::Archive", withAllSettings)).toMatchObject([{ RetentionDays: 30 }]);
    expect(tableOf(resources, "TablesEvents")?.[1].Properties).not.toHaveProperty("StreamSpecification");
  });

  test.each([
    [
      "jobs",
      0,
      { job: { M: { id: { S: [{ exists: true }] } } } },
      { userId: "<$.dynamodb.NewImage.job.M.userId.S>", jobId: "<$.dynamodb.NewImage.job.M.id.S>" },
    ],
    ["others", 1, { path: { S: [{ exists: true }] } }, { path: "<$.dynamodb.NewImage.path.S>" }],
  ])("The bus gets ids only, of new events: %s", (_, index, isKind, ids) => {
    const NewImage = { listed: { S: ["events"] }, ...isKind };
    const pattern = { eventName: ["INSERT"], dynamodb: { NewImage } };
    const head = { id: "<$.dynamodb.NewImage.id.S>", eventTypeId: "<$.dynamodb.NewImage.typeId.S>" };
    expect(propertiesOf("AWS::Pipes::Pipe", withAllSettings)[index]).toMatchObject({
      SourceParameters: { FilterCriteria: { Filters: [{ Pattern: JSON.stringify(pattern) }] } },
      TargetParameters: {
        EventBridgeEventBusParameters: {
          Source: "connection-jobs",
          DetailType: "$.dynamodb.NewImage.typeId.S",
        },
        InputTemplate: JSON.stringify({ ...head, ...ids }),
      },
    });
  });
});

describe("secrets", () => {
  const NAMED_LIKE_A_SECRET = /api_?key|secret|password|passwd|token|credential/i;
  const LOOKS_LIKE_A_SECRET = [
    /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
    /-----BEGIN/,
    /\beyJ[\w-]{10,}/,
    /\b(Basic|Bearer) [\w+/=-]{8,}/,
    /\b(sk|pk|ghp|xox[bp])[-_][\w-]{8,}/,
    /[\w+/=-]{40,}/,
  ];
  /** The hash in a bundle's name, a setting, a policy of AWS's, and an entry. */
  const HARMLESS = [
    /^[0-9a-f]{64}\.zip$/,
    /^(true|false)$/,
    /^:iam::aws:policy\/[\w/-]+$/,
    /^functions\/.+\.lambda\.ts$/,
  ];
  /** The definition of the state machine, and references to resources. */
  const PLACES_WITHOUT_SECRETS = /\/DefinitionString\/|\/(Ref|Fn::GetAtt\/0|DependsOn\/\d+|PolicyName|Sid)$/;

  function leavesOf(value: unknown, path = ""): { path: string; text: string }[] {
    if (typeof value === "string") return [{ path, text: value }];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, part]) => leavesOf(part, `${path}/${key}`));
  }

  /** A value whose own name says secret must be a reference of CloudFormation. */
  function literalSecretsIn(value: unknown): string[] {
    return leavesOf(value)
      .filter(({ path }) => !PLACES_WITHOUT_SECRETS.test(path) && !path.endsWith("_SECRET"))
      .filter(({ text }) => !HARMLESS.some((pattern) => pattern.test(text)))
      .filter(({ path, text }) => {
        const name = path.split("/").at(-1) ?? "";
        return NAMED_LIKE_A_SECRET.test(name) || LOOKS_LIKE_A_SECRET.some((pattern) => pattern.test(text));
      })
      .map(({ path }) => path);
  }

  test.each([
    ["the aggregator", {}],
    ["the sandbox", { upstream: "sandbox" }],
  ])("The template with %s contains no secret, and none is filled in by the deployment", (_, settings) => {
    const template = synthesizedTemplate(settings);
    expect(literalSecretsIn(template)).toEqual([]);
    expect(JSON.stringify(template)).not.toContain("{{resolve:");
  });

  test.each([
    [{ Environment: { UPSTREAM_API_KEY: "abc" } }],
    [{ Environment: { PASSWORD: "abc" } }],
    [{ Description: "AKIAIOSFODNN7EXAMPLE" }],
    [{ Description: "-----BEGIN EC PRIVATE KEY-----" }],
    [{ Description: "Basic bG9jYWwtZGV2ZWxvcG1lbnQ=" }],
    [{ Description: "bG9jYWwtZGV2ZWxvcG1lbnQtbG9jYWwtZGV2ZWxvcG1lbnQ" }],
  ])("A secret is found in %o", (planted) => {
    expect(literalSecretsIn(planted)).toHaveLength(1);
  });
});

describe("the upstream", () => {
  const callersIn = (functions: readonly Resources[string][]) =>
    functions.filter(({ Properties }) => "UPSTREAM_URL" in variablesOf(Properties));
  const callers = (all: Resources) => callersIn([...functionsByEntry(all).values()]);

  test("The address and the name of the key are those of the settings", () => {
    const { upstreamUrl: UPSTREAM_URL, upstreamApiKeySecret: UPSTREAM_API_KEY_SECRET } = ALL_SETTINGS;
    const expected = { UPSTREAM_URL, UPSTREAM_API_KEY_SECRET };
    const found = callers(withAllSettings);
    expect(found).toHaveLength(20);
    for (const { Properties } of found) expect(variablesOf(Properties)).toMatchObject(expected);
  });

  test("The sandbox is deployed only when the settings ask for it, and changes nothing else", () => {
    const ids = Object.keys(resources);
    expect(ids.filter((id) => id.startsWith("Sandbox"))).toEqual([]);
    expect(Object.keys(withSandbox).filter((id) => !id.startsWith("Sandbox"))).toEqual(ids);
  });

  test("With the sandbox, the functions that call the aggregator call the sandbox, with its key", () => {
    // They call the aggregator only in a deployment whose links lead to the Consent UI.
    const ofConsentUi = /\/(open-link|consent-return)\.lambda\.ts$/;
    const found = [...functionsByEntry(withSandbox)].filter(([entry]) => !ofConsentUi.test(entry));
    const calling = callersIn(found.map(([, resource]) => resource));
    expect(calling).toHaveLength(17);
    for (const { Properties } of calling) {
      const { UPSTREAM_URL, UPSTREAM_API_KEY_SECRET } = variablesOf(Properties);
      expect([UPSTREAM_URL, UPSTREAM_API_KEY_SECRET].map((value) => withoutHash(referredTo(value)))).toEqual([
        "SandboxHttp",
        "SandboxApiKey",
      ]);
      expect(permissionsOfRole(withSandbox, roleOf(Properties))).toContainEqual([
        "secretsmanager:GetSecretValue",
        "SandboxApiKey",
      ]);
    }
  });

  test("With the sandbox, links lead to its Consent UI, which sends browsers back to the API", () => {
    const ofSandbox = functionsByEntry(withSandbox);
    const joined = z.object({ "Fn::Join": z.tuple([z.literal(""), z.tuple([z.unknown(), z.string()])]) });
    const partsOf = (entry: string, variable: string) => {
      const address = variablesOf(ofSandbox.get(entry)?.Properties ?? {})[variable];
      const [origin, path] = joined.parse(address)["Fn::Join"][1];
      return [withoutHash(referredTo(origin)), path];
    };
    const parts = [
      partsOf("functions/links/api/open-link.lambda.ts", "CONSENT_UI_URL"),
      partsOf(SANDBOX, "CONSENT_RETURN_URL"),
    ];
    expect(parts).toEqual([
      ["SandboxHttp", "/home"],
      ["ApiHttp", "/consent/return"],
    ]);
  });

  test("The sandbox reads its own key, which the deployment generates, and its own table", () => {
    const { Properties } = functions.get(SANDBOX) ?? {};
    const granted = permissionsOfRole(withSandbox, roleOf(Properties));
    const [onTables, others] = [true, false].map((isOnTable) =>
      granted.filter(([action]) => action.startsWith("dynamodb:") === isOnTable),
    );
    expect(new Set(onTables?.map(([, resource]) => resource))).toEqual(new Set(["SandboxState"]));
    expect(others).toEqual([
      ...LOG_WRITING.map((action) => [action, "SandboxAnswerLogs"]),
      ["secretsmanager:GetSecretValue", "SandboxApiKey"],
    ]);
    const [[secretId, secret] = []] = ofType(withSandbox, "AWS::SecretsManager::Secret");
    expect(Object.keys(secret?.Properties ?? {}).toSorted()).toEqual(["Description", "GenerateSecretString"]);
    const [[apiId] = []] = ofType(withSandbox, "AWS::ApiGatewayV2::Api").filter(([id]) =>
      id.startsWith("Sandbox"),
    );
    expect(variablesOf(Properties)).toMatchObject({
      SANDBOX_API_KEY_SECRET: { Ref: secretId },
      SANDBOX_URL: { "Fn::GetAtt": [apiId, "ApiEndpoint"] },
      TIME_SCALE: "1",
    });
  });
});

/** Only local mode scales time, and has the brand of pages in a variable: a deployment puts it into a file. */
const LOCAL_ONLY = ["TIME_SCALE", "PAGE_BRAND"];

/** Finds in the text of `compose.ts` the variables that an entry's parts read, and the parts of those. */
function variablesReadBy(entry: string): string[] {
  const textOf = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
  const compose = textOf("functions/compose.ts");
  const starts = [...compose.matchAll(/^(?:export )?const (\w+) =/gm)];
  const parts = new Map(
    starts.map((start, index) => [start[1] ?? "", compose.slice(start.index, starts[index + 1]?.index)]),
  );
  // The log, which every function has, reads it.
  const read = new Set(["LOG_LEVEL"]);
  const visit = (name: string, seen: readonly string[]) => {
    const source = parts.get(name);
    if (source === undefined || seen.includes(name)) return;
    for (const [, names = ""] of source.matchAll(/\b(?:environment|setting)\(([^)]*)\)/g)) {
      for (const [, variable = ""] of names.matchAll(/"(\w+)"/g)) read.add(variable);
    }
    for (const other of parts.keys()) {
      if (new RegExp(`\\b${other}\\(\\)`).test(source)) visit(other, [...seen, name]);
    }
  };
  for (const name of partsOfEntry(textOf(entry))) visit(name, []);
  return [...read].filter((name) => !LOCAL_ONLY.includes(name)).toSorted();
}

function partsOfEntry(source: string): string[] {
  const named = /import \{([^}]*)\} from "\.[./a-z]*\/compose\.ts"/.exec(source)?.[1] ?? "";
  const prefix = /import \* as (\w+) from "\.[./a-z]*\/compose\.ts"/.exec(source)?.[1];
  const used = prefix === undefined ? [] : [...source.matchAll(new RegExp(`\\b${prefix}\\.(\\w+)`, "g"))];
  return [...named.split(",").map((name) => name.trim()), ...used.map(([, name = ""]) => name)];
}
