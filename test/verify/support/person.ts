import { pauseAfter } from "../../journeys/mobile-backend.ts";
import { FRESH_CONNECTION } from "../../support/fresh-connection.ts";
import { type ShownForm, type ShownPage, shownPage } from "./shown-page.ts";

/** Far more looks than any page needs, on any machine. */
const MAX_LOOKS = 500;
/** More redirects in a row than any of our ways has. */
const MAX_REDIRECTS = 10;

interface PersonOptions {
  /** Whether the browser follows redirects, as browsers do. Default: true. */
  follows?: boolean;
  /** Gets each reply, and throws if it is not as it has to be. */
  check?: (page: ShownPage) => void;
  /** The browser sends them with each request. */
  headers?: Record<string, string>;
}

/**
 * A person with a browser that runs no script: keeps cookies by host, follows links and redirects, and sends forms with their origin. For
 * what only a real browser decides, such as security policies, see `test/verify/browser`.
 */
export class Person {
  readonly #home: string;
  readonly #follows: boolean;
  readonly #check: (page: ShownPage) => void;
  readonly #headers: Record<string, string>;
  readonly #cookies = new Map<string, Map<string, string>>();
  #page: ShownPage | undefined;

  /** @param home Addresses without a host are of this site. */
  constructor(home: string, { follows = true, check = () => {}, headers = {} }: PersonOptions = {}) {
    this.#home = home;
    this.#follows = follows;
    this.#check = check;
    this.#headers = headers;
  }

  /** The page that the browser shows. A redirect that it does not follow is none. */
  get page(): ShownPage {
    if (this.#page === undefined) throw new Error("The browser shows no page.");
    return this.#page;
  }

  /** The cookies for the home of the browser. */
  get cookies(): Map<string, string> {
    return this.#cookiesOf(this.#home);
  }

  /** Deletes all cookies of the browser. */
  forget(): void {
    this.#cookies.clear();
  }

  /** Loads a page. */
  async open(address: string): Promise<ShownPage> {
    return this.#shown(await this.send("GET", address), address);
  }

  reload(): Promise<ShownPage> {
    return this.open(this.page.url);
  }

  /** Presses a link of the page. */
  press(words: string): Promise<ShownPage> {
    return this.open(new URL(this.link(words), this.page.url).href);
  }

  /** Returns where a link of the page leads. Throws if the page has none that begins with these words. */
  link(words: string): string {
    const link = this.page.links.find((one) => one.words.startsWith(words));
    if (link === undefined) throw new Error(`The page has no link “${words}”: ${this.page.text}`);
    return link.href;
  }

  form(button: string): ShownForm {
    const form = this.page.forms.find((one) => one.button === button);
    if (form === undefined) throw new Error(`The page has no button “${button}”: ${this.page.text}`);
    return form;
  }

  /** Types into the fields with these labels, and presses the button. */
  async submit(button: string, typed: { readonly [label: string]: string } = {}): Promise<ShownPage> {
    const form = this.form(button);
    const fields = filledIn(form, typed);
    const address = new URL(form.action, this.page.url).href;
    if (form.method === "get") return this.open(`${address}?${fields}`);
    return this.#shown(await this.post(address, fields), address);
  }

  /** Sends a form without fields to an address, whatever the page has. */
  async submitTo(address: string, headers: Record<string, string> = {}): Promise<ShownPage> {
    return this.#shown(await this.post(address, new URLSearchParams(), headers), address);
  }

  /** Opens a link of ours, and presses its button. */
  async use(link: string): Promise<ShownPage> {
    await this.open(link);
    return this.submitTo(link);
  }

  /** Sends a form, as the browser does, and returns the reply as it came. */
  post(address: string, fields: URLSearchParams, headers: Record<string, string> = {}): Promise<Response> {
    const hidesOrigin = this.#page?.headers.get("referrer-policy") === "no-referrer";
    const origin = hidesOrigin ? "null" : new URL(this.#page?.url ?? this.#home).origin;
    return this.send("POST", address, { body: fields, headers: { origin, ...headers } });
  }

  async send(method: string, address: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address, this.#home);
    const cookies = this.#cookiesOf(url.href);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      ...init,
      method,
      redirect: "manual",
      headers: {
        ...FRESH_CONNECTION,
        accept: "text/html",
        ...this.#headers,
        ...init.headers,
        ...(cookie !== "" && { cookie }),
      },
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (/; *max-age=0/i.test(set)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }

  #cookiesOf(url: string): Map<string, string> {
    const { hostname } = new URL(url);
    const cookies = this.#cookies.get(hostname) ?? new Map<string, string>();
    this.#cookies.set(hostname, cookies);
    return cookies;
  }

  async #shown(first: Response, address: string): Promise<ShownPage> {
    let page = await shownPage(first, new URL(address, this.#home).href);
    this.#check(page);
    for (let count = 0; this.#follows && page.location !== undefined; count++) {
      if (count === MAX_REDIRECTS) throw new Error("Too many redirects.");
      const url = new URL(page.location, page.url).href;
      page = await shownPage(await this.send("GET", url), url);
      this.#check(page);
    }
    if (page.location === undefined) this.#page = page;
    return page;
  }

  /** Loads the page again and again until its heading is as wanted. */
  async untilHeading(wanted: RegExp): Promise<ShownPage> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      if (wanted.test(this.page.heading)) return this.page;
      await pauseAfter(looks);
      await this.reload();
    }
    throw new Error(`The page never became as wanted: ${this.page.text}`);
  }
}

/** What a browser sends of a form. */
export function filledIn(
  { fields }: Pick<ShownForm, "fields">,
  typed: { readonly [label: string]: string },
): URLSearchParams {
  const unknown = Object.keys(typed).filter((label) => !fields.some((field) => field.label === label));
  if (unknown.length > 0) throw new Error(`The form has no field ${unknown.join(", ")}.`);
  return new URLSearchParams(
    fields.map(({ name, value, label }): [string, string] => [name, typed[label] ?? value]),
  );
}
