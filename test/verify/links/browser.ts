import { expect } from "vitest";

/** What a browser shows or does after a request. */
export interface Shown {
  status: number;
  /** Of the page; empty without a page. */
  title: string;
  text: string;
  /** Where the browser goes next. */
  location: string | undefined;
  headers: Headers;
}

/** A browser of a person: keeps cookies, follows no redirect by itself, and sends its origin with forms. */
export class Browser {
  readonly apiUrl: string;
  readonly cookies = new Map<string, string>();

  constructor(apiUrl: string) {
    this.apiUrl = apiUrl;
  }

  open(address: string): Promise<Shown> {
    return this.#request(address, { method: "GET" });
  }

  /** Presses the button of the page at an address: sends its form. */
  press(address: string, headers: Record<string, string> = {}): Promise<Shown> {
    return this.#request(address, {
      method: "POST",
      headers: {
        origin: this.apiUrl,
        "content-type": "application/x-www-form-urlencoded",
        ...headers,
      },
    });
  }

  /** Opens a link and presses its button. */
  async use(link: string): Promise<Shown> {
    await this.open(link);
    return this.press(link);
  }

  async #request(address: string, init: RequestInit): Promise<Shown> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...Object(init.headers), ...(cookie !== "" && { cookie }) };
    const url = new URL(address, this.apiUrl);
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const one of response.headers.getSetCookie()) this.#keep(one);
    const text = await response.text();
    expectPageHeaders(response.headers, text);
    return {
      status: response.status,
      title: /<title>([^<]*)/.exec(text)?.[1] ?? "",
      text,
      location: response.headers.get("location") ?? undefined,
      headers: response.headers,
    };
  }

  #keep(header: string): void {
    const [pair = "", ...attributes] = header.split("; ");
    const at = pair.indexOf("=");
    this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    expect(attributes).toEqual(expect.arrayContaining(["Path=/", "HttpOnly", "SameSite=Lax"]));
  }
}

/** Every page of ours has these, also one that refuses. */
function expectPageHeaders(headers: Headers, text: string): void {
  if (!headers.get("content-type")?.startsWith("text/html")) return;
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(text).not.toMatch(/<script|javascript:/i);
}
