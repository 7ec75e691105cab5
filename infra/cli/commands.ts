/** What the options of a command take: a text, or nothing. */
export type OptionKind = "text" | "flag";

export interface Syntax {
  /** As the help shows it, without the name of the program. */
  usage: string;
  about: string;
  /** What the words after the command are, as the usage shows them. */
  words: readonly Word[];
  options: { readonly [name: string]: OptionKind };
}

export interface Word {
  name: string;
  isOptional: boolean;
}

/** Every command that calls an API has these. */
const PLACE_OPTIONS = { local: "flag", url: "text", stack: "text" } as const;

const JSON_OUTPUT = { json: "flag" } as const;
const WEBHOOK_OPTIONS = {
  name: "text",
  description: "text",
  events: "text",
  payload: "text",
  ordering: "text",
} as const;
const WEBHOOK_USAGE =
  "[--name TEXT] [--description TEXT] [--events TYPE,…] [--payload thin|full] [--ordering none|job]";

const syntax = (
  usage: string,
  about: string,
  options: { readonly [name: string]: OptionKind } = {},
): Syntax => ({
  usage,
  about,
  words: wordsOf(usage),
  options: { ...PLACE_OPTIONS, ...JSON_OUTPUT, ...options },
});

/** The words in capitals before the first option. */
function wordsOf(usage: string): Word[] {
  const [head = ""] = usage.split(/ [[(]?--/);
  const words = head.split(" ").filter((word) => /^\[?[A-Z]+\]?$/.test(word));
  return words.map((word) => ({ name: word.replaceAll(/[[\]]/g, ""), isOptional: word.startsWith("[") }));
}

/** The commands by their names. `keys` has arguments of its own. */
export const COMMANDS = {
  connect: syntax("connect [INSTITUTION] --user ID [--login-stdin]", "connect a bank, and follow the job", {
    user: "text",
    "login-stdin": "flag",
  }),
  watch: syntax("watch JOB", "follow a job, and ask for the answer to a challenge"),
  answer: syntax("answer JOB", "answer the challenge of a job"),
  resume: syntax("resume JOB", "start the next attempt of a queued job now, and follow it"),
  cancel: syntax("cancel JOB", "cancel a job"),
  jobs: syntax("jobs --user ID", "list the jobs of a user", { user: "text" }),
  link: syntax(
    "link --user ID [--mobile NUMBER] [--action ACTION] [--institution ID] [--connection ID] [--return-url URL] [--state TEXT] [--minutes NUMBER] [--confirm TEXT]",
    "make a link with which a person connects a bank",
    {
      user: "text",
      mobile: "text",
      action: "text",
      institution: "text",
      connection: "text",
      "return-url": "text",
      state: "text",
      minutes: "text",
      confirm: "text",
    },
  ),
  events: syntax("events [--follow] [--after EVENT] [--user ID]", "list what happened to all jobs", {
    follow: "flag",
    after: "text",
    user: "text",
  }),
  listen: syntax(
    "listen --forward-to URL [--payload thin|full]",
    "send new events to a program on this machine, as webhooks do",
    { "forward-to": "text", payload: "text" },
  ),
  "webhooks list": syntax("webhooks list", "list the webhooks"),
  "webhooks create": syntax(
    `webhooks create RECEIVER ${WEBHOOK_USAGE}`,
    "make a webhook, and print its secret once",
    WEBHOOK_OPTIONS,
  ),
  "webhooks change": syntax(`webhooks change WEBHOOK [--receiver URL] ${WEBHOOK_USAGE}`, "change a webhook", {
    receiver: "text",
    ...WEBHOOK_OPTIONS,
  }),
  "webhooks enable": syntax("webhooks enable WEBHOOK", "send messages to a webhook again"),
  "webhooks disable": syntax("webhooks disable WEBHOOK", "send no messages to a webhook"),
  "webhooks delete": syntax("webhooks delete WEBHOOK", "delete a webhook"),
  "webhooks rotate": syntax(
    "webhooks rotate WEBHOOK [--overlap SECONDS]",
    "give a webhook a new secret, and print it once",
    { overlap: "text" },
  ),
  "webhooks test": syntax("webhooks test TYPE [--text TEXT]", "send a test message, such as of job.created", {
    text: "text",
  }),
  "webhooks messages": syntax(
    "webhooks messages WEBHOOK [--limit NUMBER]",
    "list the messages of a webhook",
    { limit: "text" },
  ),
  "webhooks resend": syntax("webhooks resend WEBHOOK MESSAGE", "send a message again"),
  "webhooks replay": syntax(
    "webhooks replay WEBHOOK --from TIME --to TIME [--only failed|held|all]",
    "send the messages of a period again",
    { from: "text", to: "text", only: "text" },
  ),
  "sandbox outage": syntax(
    "sandbox outage INSTITUTION [--how refuse|fail|queue] [--over]",
    "set a test bank to an outage, or end it",
    { how: "text", over: "flag" },
  ),
  "sandbox fault": syntax(
    "sandbox fault METHOD PATH (--status NUMBER | --delay MS | --lose before|after) [--times NUMBER]",
    "make the next calls to the sandbox fail, or delay them",
    { status: "text", delay: "text", lose: "text", times: "text" },
  ),
  "sandbox reset": syntax("sandbox reset", "reset the sandbox"),
  doctor: syntax("doctor", "check what this machine or a deployment lacks"),
} as const satisfies { readonly [name: string]: Syntax };

export type CommandName = keyof typeof COMMANDS;
