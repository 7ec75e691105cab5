import { fileURLToPath } from "node:url";
import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import { Architecture, type CfnFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogLevel as BundlerLogLevel, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { LogLevel } from "../../functions/domain/log-level.ts";
import { ENTRY_METADATA } from "./entry-metadata.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The one CommonJS dependency asks for a builtin by `require`, which ES modules do not have. */
const REQUIRE_BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export interface NodeFunctionOptions {
  /** Relative to the project's root. */
  entry: string;
  timeout: Duration;
  environment: Record<string, string>;
  shared: SharedOptions;
}

/** What all functions of a system have in common. */
export interface SharedOptions {
  logLevel: LogLevel;
  logRetention: RetentionDays;
}

/** A function of ours: one bundle per entry, small, on ARM, with logs that end. */
export function nodeFunction(scope: Construct, id: string, options: NodeFunctionOptions): NodejsFunction {
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: options.shared.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const created = new NodejsFunction(scope, id, {
    entry: `${PROJECT_ROOT}${options.entry}`,
    projectRoot: PROJECT_ROOT,
    depsLockFilePath: `${PROJECT_ROOT}package-lock.json`,
    handler: "handler",
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    timeout: options.timeout,
    environment: { ...options.environment, LOG_LEVEL: options.shared.logLevel },
    logGroup,
    bundling: {
      format: OutputFormat.ESM,
      mainFields: ["module", "main"],
      target: "node24",
      minify: true,
      logLevel: BundlerLogLevel.WARNING,
      // The SDK goes into the bundle: its version is the tested one, and less of it is loaded at a cold start.
      externalModules: [],
      banner: REQUIRE_BANNER,
    },
  });
  defaultChildOf(created).addMetadata(ENTRY_METADATA, options.entry);
  return created;
}

function defaultChildOf(created: NodejsFunction): CfnFunction {
  const child = created.node.defaultChild;
  if (!isCfnFunction(child)) throw new Error("A function has no resource.");
  return child;
}

function isCfnFunction(child: unknown): child is CfnFunction {
  return typeof child === "object" && child !== null && "addMetadata" in child;
}
