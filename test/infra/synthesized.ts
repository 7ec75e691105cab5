import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { synthesize } from "../../infra/synthesize.ts";
import { parseResources, type Resources } from "./resources.ts";

/** All settings, none with its default. */
export const ALL_SETTINGS = {
  stage: "test",
  upstreamUrl: "https://elsewhere.example",
  upstreamVersion: "3.0",
  connect: "consent-ui",
  upstreamApiKeySecret: "other/key",
  upstreamWebhookSecret: "other/webhook",
  stepResults: "list",
  allowUnboundClientTokens: true,
  answerWaitSeconds: "20",
  waiters: "50",
  concurrency: "100",
  maxRunningJobs: "80",
  queue: "false",
  followLimitMinutes: "1440",
  followSliceSeconds: "0",
  followConcurrency: 5,
  retentionDays: 30,
  deletionProtection: true,
  logLevel: "debug",
  logRetentionDays: 1,
  monitoring: "basic",
  alarmEmail: "on-call@example.com",
  appName: "Hooli Money",
  pageLogo: "test/verify/page/brand/logo.svg",
  pageColour: "#b3261e",
  pageColourDark: "#ff8a80",
  pageSupport: "help@hooli.example",
  pagePrivacyUrl: "https://hooli.example/privacy",
  pageTermsUrl: "https://hooli.example/terms",
  pageTexts: "test/verify/page/brand/texts",
  returnUrls: "https://app.example/back,hooli-money://back",
  consentUiUrl: "https://consent.example/home",
  corsOrigins: ["https://app.example.com"],
  eventBus: true,
  eventArchiveDays: "30",
  maxWebhooks: "3",
  domainName: "api.example.com",
  certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/1f2e-3d",
};

const synthesized = new Map<string, unknown>();

/** The template under some settings. Synthesized once, so that nobody may change it. */
export function synthesizedTemplate(settings: Record<string, unknown> = {}): unknown {
  const key = JSON.stringify(settings);
  const found = synthesized.get(key) ?? synthesize(settings);
  synthesized.set(key, found);
  return found;
}

export function synthesizedResources(settings?: Record<string, unknown>): Resources {
  return parseResources(synthesizedTemplate(settings));
}

/** Passes an app that creates no bundles, and removes its files afterwards. */
export function withApp<Result>(settings: Record<string, unknown>, work: (app: App) => Result): Result {
  const outdir = mkdtempSync(join(tmpdir(), "connection-jobs-app-"));
  try {
    const context = { ...settings, "aws:cdk:bundling-stacks": [] };
    return work(new App({ outdir, builtinCloudFormationValidation: false, context }));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
