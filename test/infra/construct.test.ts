import { App, Stack } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ConnectionJobs, type ConnectionJobsProps } from "../../infra/aws/connection-jobs.ts";
import { ofType, parseResources } from "./resources.ts";

const variables = z.object({
  Environment: z.object({
    Variables: z.object({
      METRICS_NAMESPACE: z.string().optional(),
      UPSTREAM_URL: z.string().optional(),
      FOLLOW_LIMIT_MINUTES: z.string().optional(),
      QUEUE: z.string().optional(),
    }),
  }),
});

function inStack(
  ids: readonly string[],
  more: Partial<ConnectionJobsProps> = {},
  url = "https://au-api.basiq.io",
) {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] } });
  const stack = new Stack(app, "Banking");
  const apiKeySecret = Secret.fromSecretNameV2(stack, "Key", "key");
  for (const id of ids) {
    new ConnectionJobs(stack, id, { upstream: { url, version: "3.0", apiKeySecret }, ...more });
  }
  const resources = parseResources(app.synth().getStackArtifact(stack.artifactId).template);
  return ofType(resources, "AWS::Lambda::Function").map(
    ([, { Properties }]) => variables.parse(Properties).Environment.Variables,
  );
}

const namespaces = (ids: readonly string[]) =>
  new Set(inStack(ids).flatMap(({ METRICS_NAMESPACE }) => METRICS_NAMESPACE ?? []));

describe("the construct in an app of one's own", () => {
  test("may be there twice in a stack: each has metrics of its own", () => {
    expect(namespaces(["Default"])).toEqual(new Set(["Banking"]));
    expect(namespaces(["Jobs", "More"])).toEqual(new Set(["Banking/Jobs", "Banking/More"]));
  });

  test("sends logins to an address as it was given, without a slash at the end", () => {
    const urls = inStack(["Jobs"], {}, "https://au-api.basiq.io/").flatMap(
      ({ UPSTREAM_URL }) => UPSTREAM_URL ?? [],
    );
    expect(new Set(urls)).toEqual(new Set(["https://au-api.basiq.io"]));
  });

  test.each(["http://au-api.basiq.io", "ftp://au-api.basiq.io", "au-api.basiq.io", ""])(
    "does not send logins to %o",
    (url) => {
      expect(() => inStack(["Jobs"], {}, url)).toThrow("upstream.url must be an https address.");
    },
  );

  test.each([0, -1, 1.5, 3651, Number.NaN])("does not keep jobs for %d days", (retentionDays) => {
    expect(() => inStack(["Jobs"], { retentionDays })).toThrow("retentionDays must be a whole number");
  });

  test.each([0, -1, 1.5, 1441, Number.NaN])("does not follow jobs for %d minutes", (followLimitMinutes) => {
    expect(() => inStack(["Jobs"], { followLimitMinutes })).toThrow(
      "followLimitMinutes must be a whole number from 1 to 1440.",
    );
  });

  test.each([1, 1440])(
    "follows jobs for %d minutes, if that is wanted, and queues none, if not",
    (minutes) => {
      const functions = inStack(["Jobs"], { followLimitMinutes: minutes, queue: false });
      const told = functions.flatMap(({ FOLLOW_LIMIT_MINUTES, QUEUE }) =>
        FOLLOW_LIMIT_MINUTES === undefined ? [] : [[FOLLOW_LIMIT_MINUTES, QUEUE]],
      );
      expect(told).toEqual(Array(3).fill([String(minutes), "off"]));
    },
  );
});
