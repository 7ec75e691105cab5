import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tokenReply } from "../../../functions/http/reply-schemas.ts";
import type { Around } from "../../../infra/local/function-host.ts";
import { readLocalSettings } from "../../../infra/local/local-settings.ts";
import { type LocalSystem, startLocal } from "../../../infra/local/start-local.ts";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { startSandbox } from "../../../sandbox/server.ts";
import { FRESH_CONNECTION } from "../../support/fresh-connection.ts";
import { awsRecorder } from "../support/aws-recorder.ts";
import { type CanaryRegister, canaryRegister } from "./canary-register.ts";
import { startCanaryWebhook } from "./canary-webhook.ts";
import { echoingUpstream } from "./echoing-upstream.ts";
import { exchangingUpstream, jsonOf, metTroubles } from "./exchanging-upstream.ts";
import { errorSink } from "./scanner.ts";

/** A minute takes 7.5 s. */
export const TIME_SCALE = 8;
/** Bank steps of 2 s take half a second. A challenge of 2 minutes is open for 30 s: enough for an answer on a busy machine. */
const BANK_TIME_SCALE = 4;
/** A job that upstream never ends is over after half a minute. */
const FOLLOW_LIMIT_MINUTES = 4;

/** The whole system with a data directory. Everything that it logs or sends is noted. */
export async function startCanaryWorld() {
  const folder = mkdtempSync(join(tmpdir(), "canaries-"));
  const register = canaryRegister();
  const book = sinkBook();
  const apiKey = register.header("API key");
  const upstreamApiKey = register.header("API key of upstream");
  register.toArrive(upstreamApiKey);
  // A synthesis that read its settings from here would write them into the template.
  const environment = {
    LOG_LEVEL: "debug",
    METRICS_NAMESPACE: "Canaries",
    LOCAL_API_KEY: apiKey,
    UPSTREAM_API_KEY: upstreamApiKey,
  };
  Object.assign(process.env, environment);

  // Without a file, which it would write at each call.
  const sandbox = await startSandbox({ port: 0, timeScale: BANK_TIME_SCALE });
  const echoing = echoingUpstream();
  const troubles = metTroubles();
  const upstream = await exchangingUpstream({
    sandboxUrl: sandbox.url,
    originalOf: register.originalOf,
    meet: (call, perform) => echoing.meet(call, () => troubles.around(call, perform)),
    gives: (token) => register.made("access token of upstream", token),
  });
  const dying = deaths();
  const recorder = awsRecorder();
  const restoreOutput = noteOutput(book);
  const system: LocalSystem = await startLocal(
    readLocalSettings({
      PORT: "0",
      DATA_DIR: folder,
      LOCAL_API_KEY: apiKey,
      TIME_SCALE: String(TIME_SCALE),
      UPSTREAM_URL: upstream.url,
      UPSTREAM_API_KEY: upstreamApiKey,
    }),
    {
      synthesize: async (context) => {
        const settings = { ...context, logLevel: "debug", followLimitMinutes: String(FOLLOW_LIMIT_MINUTES) };
        const template = await synthesizeApart(settings);
        book.add("template", JSON.stringify(template));
        const withSandbox = await synthesizeApart(settings, "sandbox");
        book.add("template with the sandbox", JSON.stringify(withSandbox));
        return template;
      },
      around: async (entry, event, run) => {
        const taskToken: unknown = Reflect.get(Object(event), "taskToken");
        if (typeof taskToken === "string") register.made("task token", taskToken);
        if (isOfStream(event)) book.add("records of the stream", JSON.stringify(event));
        try {
          return await recorder.around(entry, event, (given) => dying.around(entry, given, run));
        } catch (error) {
          book.add("errors that leave a function", String(errorSink("", error).content));
          throw error;
        }
      },
    },
  );
  await recorder.start();

  const client = canaryClient({ apiUrl: system.apiUrl, apiKey, book, register });
  const note = (message: string) => book.add("messages to a webhook", message);
  const webhook = await startCanaryWebhook({ client, register, note });

  async function control(path: string, body: unknown): Promise<void> {
    const headers = { "content-type": "application/json", ...FRESH_CONNECTION };
    const init = { method: "PUT", headers, body: JSON.stringify(body) };
    const { ok, status } = await fetch(`${sandbox.url}/_control/${path}`, init);
    if (!ok) throw new Error(`The sandbox's control side answered ${status}.`);
  }

  return {
    folder,
    register,
    book,
    apiKey,
    sandboxUrl: sandbox.url,
    echoing,
    troubles,
    dying,
    recorder,
    system,
    arrived: upstream.arrived,
    upstreamUrl: upstream.url,
    timesUpstreamIsNamed: upstream.named,
    client,
    webhook,
    institution: (id: string, condition: object) => control(`institutions/${id}`, condition),
    faults: (list: readonly object[]) => control("faults", list),
    async close(): Promise<void> {
      restoreOutput();
      await system.close();
      await webhook.close();
      await recorder.close();
      await upstream.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type CanaryWorld = Awaited<ReturnType<typeof startCanaryWorld>>;

export function isOfStream(event: unknown): boolean {
  return Array.isArray(Reflect.get(Object(event), "Records"));
}

/** Texts of a run, by where they were written. */
export function sinkBook() {
  const written = new Map<string, string[]>();
  return {
    add(name: string, text: string): void {
      const texts = written.get(name) ?? [];
      texts.push(text);
      written.set(name, texts);
    },
    sinks: () => [...written].map(([name, texts]) => ({ name, content: texts.join("\n") })),
  };
}

type SinkBook = ReturnType<typeof sinkBook>;

/** Writes the output of this process into the book, until the returned function is called. */
export function noteOutput(book: SinkBook): () => void {
  const streams = { "standard output": process.stdout, "standard error": process.stderr };
  const restores = Object.entries(streams).map(([name, stream]) => {
    const { write } = stream;
    stream.write = (chunk: string | Uint8Array) => {
      book.add(name, Buffer.from(chunk).toString());
      return true;
    };
    return () => {
      stream.write = write;
    };
  });
  return () => {
    for (const restore of restores) restore();
  };
}

/** How the first invocations of a function for a job or a path end. */
const WAYS = ["before", "after", undefined] as const;

/** Functions that die: at their first call for a job or a path without running, at the second after running. */
function deaths() {
  const invocations = new Map<string, number>();
  const givenUp = new Set<string>();
  let isOn = false;
  let died = 0;
  let message: string | undefined;

  const around: Around = async (entry, event, run) => {
    const about = Object(event);
    const isSweeper = /(sweep|look-at-banks)\.lambda\.ts$/.test(entry);
    if (givenUp.has(String(about.jobId)) && !entry.endsWith("give-up.lambda.ts"))
      throw new Error("The test ends this job.");
    if (message !== undefined && !isSweeper) {
      const cause = new Error(message);
      message = undefined;
      throw new Error("The function died.", { cause });
    }
    if (!isOn || isSweeper) return run(event);
    const name = `${entry} ${about.jobId ?? about.rawPath}`;
    const number = invocations.get(name) ?? 0;
    invocations.set(name, number + 1);
    const way = WAYS[number];
    if (way === undefined) return run(event);
    died += 1;
    if (way === "after") await run(event);
    throw Object.assign(new Error("The function died."), { name: "Lambda.Unknown" });
  };

  return {
    around,
    begin: () => {
      isOn = true;
    },
    end: () => {
      isOn = false;
    },
    /** The next invocation ends with an error whose cause has this message. */
    saying: (last: string) => {
      message = last;
    },
    /** From now on every function fails for this job, except for the one that gives it up. */
    givingUp: (jobId: string) => void givenUp.add(jobId),
    count: () => died,
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A browser keeps the cookies of a redirect before it follows. */
  readonly redirect?: "manual";
}

interface ClientOptions {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly book: SinkBook;
  readonly register: CanaryRegister;
}

export type CanaryClient = ReturnType<typeof canaryClient>;

const GIVING_SECRETS = /^\/notifications\/webhooks(\/[^/]+\/secret)?$/;

/** The name of the sink for a reply. */
function replySink(method: string, path: string, isAccepted: boolean): string {
  if (isAccepted && path === "/token") return "replies that give a token";
  const givesSecret = isAccepted && method === "POST" && GIVING_SECRETS.test(path);
  return givesSecret ? "replies that give the secret of a webhook" : "replies";
}

/** Calls our API, and notes every reply with its headers, and the headers of accepted requests. */
export function canaryClient({ apiUrl, apiKey, book, register }: ClientOptions) {
  const accepted = new Set<string>();

  async function send(
    method: string,
    path: string,
    { headers = {}, body, redirect }: Sent = {},
  ): Promise<Reply> {
    const init = {
      method,
      headers: { ...headers, ...FRESH_CONNECTION },
      ...(body !== undefined && { body }),
      ...(redirect !== undefined && { redirect }),
    };
    const response = await fetch(`${apiUrl}${path}`, init);
    const text = await response.text();
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    book.add(
      replySink(method, path, response.ok),
      `${response.status} ${response.statusText}\n${head}\n\n${text}`,
    );
    if (response.ok)
      for (const value of Object.values(headers)) accepted.add(value.replace(/^(Basic|Bearer) /, ""));
    return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
  }

  async function token(form: Record<string, string> = { scope: "SERVER_ACCESS" }): Promise<string> {
    const { json } = await send("POST", "/token", {
      headers: {
        authorization: `Basic ${apiKey}`,
        "basiq-version": "3.0",
        "content-type": "application/x-www-form-urlencoded",
      },
      body: String(new URLSearchParams(form)),
    });
    const issued = tokenReply.parse(json).access_token;
    register.made("access token of ours", issued);
    return issued;
  }

  return { send, token, accepted };
}

/** Does the work for all items, `atOnce` at a time, and throws all failures together. */
export async function sideBySide<Item>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const waiting = [...items];
  const failures: string[] = [];
  const workers = Array.from({ length: atOnce }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item).catch((error: unknown) => failures.push(String(error)));
    }
  });
  await Promise.all(workers);
  if (failures.length > 0) throw new Error(failures.join("\n"));
}
