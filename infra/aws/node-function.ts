import { cpSync, existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage, type Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { LogLevel, Monitoring } from "../../functions/platform/environment.ts";
import { BUNDLES_FOLDER, bundleFolder } from "../bundling/bundle-folder.ts";
import { ENTRY_METADATA } from "./entry-metadata.ts";

const DEFAULT_MEMORY_MB = 256;

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface NodeFunctionOptions {
  /** Path of the source file, relative to the project root. */
  entry: string;
  timeout: Duration;
  environment: Record<string, string>;
  /** In MB. Determines the price and the CPU share of the function. Default: 256. */
  memoryMb?: number | undefined;
  /** The most concurrent invocations. Default: no limit of its own. */
  concurrency?: number | undefined;
  shared: SharedOptions;
  /** A file that the function finds beside its bundle. */
  besideBundle?: FileBesideBundle | undefined;
}

export interface FileBesideBundle {
  name: string;
  content: string;
  /** The variable that has the content where only the template is needed. */
  variable: string;
}

/** Options that all functions of a system share. */
export interface SharedOptions {
  logLevel: LogLevel;
  logRetention: RetentionDays;
  monitoring: Monitoring;
}

/** Creates a Node.js function on ARM with its own bundle and a log group with limited retention. */
export function nodeFunction(scope: Construct, id: string, options: NodeFunctionOptions): LambdaFunction {
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: options.shared.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // The CDK's default role may create log groups, which then never expire, and may write to every log group of the account.
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  logGroup.grantWrite(role);
  const created = new LambdaFunction(scope, id, {
    role,
    code: codeOf(scope, options),
    handler: "index.handler",
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: options.memoryMb ?? DEFAULT_MEMORY_MB,
    timeout: options.timeout,
    ...(options.concurrency !== undefined && { reservedConcurrentExecutions: options.concurrency }),
    environment: {
      ...options.environment,
      ...fileAsVariable(scope, options),
      LOG_LEVEL: options.shared.logLevel,
    },
    logGroup,
  });
  defaultChildOf(created).addMetadata(ENTRY_METADATA, options.entry);
  return created;
}

/** With a file beside it, the bundle gets a folder of its own, whose content decides whether the function is deployed again. */
function codeOf(scope: Construct, { entry, besideBundle: file }: NodeFunctionOptions): Code {
  const folder = codeFolder(scope, entry);
  if (file === undefined || !Stack.of(scope).bundlingRequired) return Code.fromAsset(folder);
  const tryBundle = (outputDir: string) => {
    cpSync(folder, outputDir, { recursive: true });
    writeFileSync(join(outputDir, file.name), file.content);
    return true;
  };
  return Code.fromAsset(folder, {
    assetHashType: AssetHashType.OUTPUT,
    // The CDK starts the image only if `tryBundle` returns false.
    bundling: { image: DockerImage.fromRegistry("scratch"), local: { tryBundle } },
  });
}

/** Where only the template is needed, there is no bundle beside which a file could be. */
function fileAsVariable(
  scope: Construct,
  { besideBundle: file }: NodeFunctionOptions,
): Record<string, string> {
  return file === undefined || Stack.of(scope).bundlingRequired ? {} : { [file.variable]: file.content };
}

/**
 * Returns the folder of the function's bundle. Bundles are created before the stack. If only the template is needed (local
 * mode, tests), returns the source folder instead, provided that it exists: an installed package contains no sources.
 */
function codeFolder(scope: Construct, entry: string): string {
  const source = join(PROJECT_ROOT, dirname(entry));
  if (!Stack.of(scope).bundlingRequired && existsSync(source)) return source;
  return join(BUNDLES_FOLDER, bundleFolder(entry));
}

function defaultChildOf(created: LambdaFunction): CfnFunction {
  const child = created.node.defaultChild;
  if (!isCfnFunction(child)) throw new Error("A function has no resource.");
  return child;
}

function isCfnFunction(child: unknown): child is CfnFunction {
  return typeof child === "object" && child !== null && "addMetadata" in child;
}
