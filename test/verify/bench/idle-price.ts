import { measureSweep } from "../../../functions/jobs/domain/measurements.ts";
import { isBasic } from "../../../functions/jobs/domain/metrics.ts";
import { MONITORING, type Monitoring } from "../../../functions/platform/environment.ts";
import { measureDeliverySweep } from "../../../functions/webhooks/domain/measurements.ts";
import { ENTRY_METADATA } from "../../../infra/aws/entry-metadata.ts";
import { ofType, type Resources, referredTo } from "../../infra/resources.ts";
import { synthesizedResources } from "../../infra/synthesized.ts";
import { metricsOf } from "./counts.ts";
import { monthly, sum } from "./prices.ts";
import { functionName } from "./system.ts";
import { tableOf } from "./table.ts";

/** A deployment with `monitoring: basic` and no jobs may cost no more, in dollars a month. */
export const MAX_BASIC_DOLLARS = 4;

/** Costs nothing while nobody uses it, or while it is empty. Every other type has a price below. */
const FREE_WHILE_IDLE = [
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Integration",
  "AWS::ApiGatewayV2::Route",
  "AWS::ApiGatewayV2::Stage",
  "AWS::DynamoDB::Table",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Lambda::Function",
  "AWS::Lambda::Permission",
  "AWS::Logs::LogGroup",
  "AWS::SNS::Topic",
  "AWS::SNS::TopicPolicy",
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
  "AWS::StepFunctions::StateMachine",
];
const PRICED = [
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::Events::Rule",
  "AWS::KMS::Key",
] as const;

/** The types of resources of which nobody has said what they cost in a month without a job. */
export function withoutPrice(resources: Resources): string[] {
  const known: readonly string[] = [...FREE_WHILE_IDLE, ...PRICED];
  return [...new Set(Object.values(resources).map(({ Type }) => Type))].filter(
    (type) => !known.includes(type),
  );
}

/** What the scheduled functions measure in a month without a job. */
const IDLE_METRICS = [
  ...measureSweep({ mended: {}, failed: 0, running: { size: 0 }, queued: { size: 0 } }, new Date()),
  ...measureDeliverySweep({ failing: 0, oldestWaiting: undefined }, new Date()),
];

/** Dollars of a month without a job, by what they are for. `runs` has the price of a scheduled function's month. */
function idleItems(monitoring: Monitoring, runs: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const resources = synthesizedResources({ monitoring });
  const all = (type: (typeof PRICED)[number]) => ofType(resources, type).map(([, found]) => found);
  const metrics = monitoring === "basic" ? IDLE_METRICS.filter(({ name }) => isBasic(name)) : IDLE_METRICS;
  const scheduled = all("AWS::Events::Rule").map(({ Properties }) =>
    scheduledFunction(resources, Properties),
  );
  const items: [string, number][] = [
    ["KMS keys", all("AWS::KMS::Key").length * monthly.kmsKey.dollars],
    ["the secret with the aggregator's API key", monthly.secret.dollars],
    [
      "metrics that alarms watch",
      sum(all("AWS::CloudWatch::Alarm").map(metricsOf)) * monthly.alarmMetric.dollars,
    ],
    ["custom metrics of the scheduled functions", metrics.length * monthly.customMetric.dollars],
    ["dashboard", all("AWS::CloudWatch::Dashboard").length * monthly.dashboard.dollars],
    ...scheduled.map((name): [string, number] => [
      `runs of \`${name}\`, one a minute`,
      runs.get(name) ?? Number.NaN,
    ]),
  ];
  return new Map(items);
}

function scheduledFunction(resources: Resources, { Targets }: Record<string, unknown>): string {
  const [{ Arn }] = Targets as [{ Arn: unknown }];
  return functionName(String(resources[referredTo(Arn)]?.Metadata[ENTRY_METADATA]));
}

/** The table of `docs/deploy.md`, and the dollars of a month by `monitoring`. */
export function idlePrice(runs: ReadonlyMap<string, number>) {
  const columns = MONITORING.map((monitoring) => {
    const items = idleItems(monitoring, runs);
    return { monitoring, items, total: sum([...items.values()]) };
  });
  const cell = (dollars: number) => (dollars === 0 ? "none" : `$${dollars.toFixed(2)}`);
  const table = tableOf(
    columns.map(({ monitoring, items, total }) => ({
      title: `\`${monitoring}\``,
      cells: new Map([
        ...[...items].map(([name, dollars]): [string, string] => [name, cell(dollars)]),
        ["**a month**", `**${cell(total)}**`] as const,
      ]),
    })),
  );
  return { table, dollars: Object.fromEntries(columns.map(({ monitoring, total }) => [monitoring, total])) };
}
