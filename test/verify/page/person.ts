import { pauseAfter } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { type ShownForm, type ShownPage, shownPage } from "./shown-page.ts";

/** Far more looks than any page needs, on any machine. */
const MAX_LOOKS = 500;

/** A person with a browser without script: it keeps cookies, and follows redirects. */
export class Person {
  readonly #target: Target;
  readonly #headers: Record<string, string>;
  readonly #cookies = new Map<string, string>();
  #page: ShownPage | undefined;

  /** The browser sends the headers with each request. */
  constructor(target: Target, { headers = {} }: { headers?: Record<string, string> } = {}) {
    this.#target = target;
    this.#headers = headers;
  }

  /** The page that the browser shows. */
  get page(): ShownPage {
    if (this.#page === undefined) throw new Error("The browser shows no page.");
    return this.#page;
  }

  /** The header of a browser with the same cookies. */
  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Deletes all cookies of the browser. */
  forget(): void {
    this.#cookies.clear();
  }

  /** Loads a page, and follows redirects within our API. */
  async open(address: string): Promise<ShownPage> {
    const { pathname, search } = new URL(address, this.#target.apiUrl);
    return this.#follow(await this.send("GET", address), pathname + search);
  }

  reload(): Promise<ShownPage> {
    return this.open(this.page.path);
  }

  /** Presses a link of the page, unless it leads elsewhere. */
  press(words: string): Promise<ShownPage> {
    return this.open(this.link(words));
  }

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
    const action = form.action || this.page.path;
    if (form.method === "get") return this.open(`${action}?${fields}`);
    return this.#follow(await this.post(action, fields), action);
  }

  /** Sends a form, as the browser does, and returns the reply as it came. */
  post(path: string, fields: URLSearchParams, headers: Record<string, string> = {}): Promise<Response> {
    return this.send("POST", path, {
      body: fields,
      headers: { origin: new URL(this.#target.apiUrl).origin, ...headers },
    });
  }

  async send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(new URL(path, this.#target.apiUrl), {
      ...init,
      method,
      redirect: "manual",
      headers: { ...this.#headers, ...init.headers, ...(this.#cookies.size > 0 && { cookie: this.cookie }) },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(name, value);
    }
    return response;
  }

  async #follow(response: Response, path: string): Promise<ShownPage> {
    const location = response.headers.get("location");
    if (response.status === 303 && location !== null) return this.open(location);
    this.#page = await shownPage(response, path);
    return this.page;
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
