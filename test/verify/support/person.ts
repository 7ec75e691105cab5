/** What a person sees. */
interface Seen {
  url: string;
  status: number;
  headers: Headers;
  html: string;
}

interface Form {
  action: string;
  button: string;
  hidden: [name: string, value: string][];
  /** The names of the fields that a person fills in. */
  asks: string[];
}

const NOTHING: Seen = { url: "about:blank", status: 0, headers: new Headers(), html: "" };

/** More redirects in a row than any of our ways has. */
const MAX_REDIRECTS = 10;

/**
 * A person with a browser that runs no script: keeps cookies by host, follows links and redirects, and sends forms. For what
 * only a real browser decides, such as security policies, see `test/verify/browser`.
 */
export class Person {
  readonly #stays: (url: string) => boolean;
  readonly #cookies = new Map<string, Map<string, string>>();
  #seen = NOTHING;

  /** Where a redirect led that this person does not follow, such as an app. */
  wentTo: string | undefined;

  /** @param stays Whether an address is of the pages that this person visits. */
  constructor(stays: (url: string) => boolean = () => true) {
    this.#stays = stays;
  }

  get seen(): Seen {
    return this.#seen;
  }

  get title(): string {
    return textOf(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(this.#seen.html)?.[1] ?? "");
  }

  get alerts(): string[] {
    return [...this.#seen.html.matchAll(/<p role="alert">([\s\S]*?)<\/p>/g)].map(([, text = ""]) =>
      textOf(text),
    );
  }

  get forms(): Form[] {
    return [...this.#seen.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(
      ([, tag = "", content = ""]) => {
        const inputs = [...content.matchAll(/<input\b([^>]*)>/g)].map(([, input = ""]) =>
          attributesOf(input),
        );
        return {
          action: attributesOf(tag).get("action") ?? "",
          button: textOf(/<button\b[^>]*>([\s\S]*?)<\/button>/.exec(content)?.[1] ?? ""),
          hidden: inputs
            .filter((input) => input.get("type") === "hidden")
            .map((input) => [input.get("name") ?? "", input.get("value") ?? ""]),
          asks: inputs
            .filter((input) => input.get("type") !== "hidden")
            .map((input) => input.get("name") ?? ""),
        };
      },
    );
  }

  /** Returns the address of the link with this text. Undefined if the page has none. */
  link(text: string): string | undefined {
    const links = [...this.#seen.html.matchAll(/<a\b([^>]*)>([\s\S]*?)<\/a>/g)];
    const [, tag] = links.find(([, , content = ""]) => textOf(content) === text) ?? [];
    const href = tag && attributesOf(tag).get("href");
    return href === undefined ? undefined : new URL(href, this.#seen.url).href;
  }

  open(url: string): Promise<this> {
    return this.#go(url, { method: "GET" });
  }

  reload(): Promise<this> {
    return this.open(this.#seen.url);
  }

  click(text: string): Promise<this> {
    const url = this.link(text);
    if (url === undefined) throw new Error(`The page "${this.title}" has no link "${text}".`);
    return this.open(url);
  }

  /** Sends the form with this button. A field that asks several times takes its texts in order. */
  press(button: string, fields: Readonly<Record<string, string | readonly string[]>> = {}): Promise<this> {
    const form = this.forms.find((one) => one.button === button);
    if (form === undefined) throw new Error(`The page "${this.title}" has no button "${button}".`);
    const typed = Object.entries(fields).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    );
    const body = new URLSearchParams([...form.hidden, ...typed]);
    return this.#go(new URL(form.action, this.#seen.url).href, { method: "POST", body });
  }

  async #go(start: string, first: RequestInit): Promise<this> {
    let url = start;
    let request = first;
    this.wentTo = undefined;
    for (let count = 0; count <= MAX_REDIRECTS; count++) {
      if (!this.#stays(url)) {
        this.wentTo = url;
        return this;
      }
      const response = await fetch(url, {
        ...request,
        redirect: "manual",
        headers: this.#headersFor(url, request),
      });
      this.#keepCookies(url, response.headers);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) {
        this.#seen = { url, status: response.status, headers: response.headers, html: await response.text() };
        return this;
      }
      await response.body?.cancel();
      url = new URL(location, url).href;
      request = { method: "GET" };
    }
    throw new Error("Too many redirects.");
  }

  #headersFor(url: string, { method }: RequestInit): Record<string, string> {
    const cookies = [...(this.#cookies.get(new URL(url).hostname) ?? [])].map(
      ([name, value]) => `${name}=${value}`,
    );
    const hidesOrigin = this.#seen.headers.get("referrer-policy") === "no-referrer";
    return {
      accept: "text/html",
      ...(cookies.length > 0 && { cookie: cookies.join("; ") }),
      ...(method === "POST" && { origin: hidesOrigin ? "null" : new URL(this.#seen.url).origin }),
    };
  }

  #keepCookies(url: string, headers: Headers): void {
    const { hostname } = new URL(url);
    const kept = this.#cookies.get(hostname) ?? new Map<string, string>();
    for (const cookie of headers.getSetCookie()) {
      const [pair = "", ...attributes] = cookie.split(";");
      const name = pair.slice(0, pair.indexOf("=")).trim();
      const isGone = attributes.some((attribute) => attribute.trim().toLowerCase() === "max-age=0");
      if (isGone) kept.delete(name);
      else kept.set(name, pair.slice(pair.indexOf("=") + 1).trim());
    }
    this.#cookies.set(hostname, kept);
  }
}

function attributesOf(tag: string): Map<string, string> {
  return new Map(
    [...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, unescaped(value)]),
  );
}

function textOf(html: string): string {
  return unescaped(html.replaceAll(/<[^>]*>/g, " "))
    .replaceAll(/\s+/g, " ")
    .trim();
}

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
