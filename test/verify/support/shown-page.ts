/*
 * Reads our own pages as a person does: by headings, labels and the words of buttons and links. Attributes always have
 * double quotes in them.
 */

export interface ShownPage {
  status: number;
  headers: Headers;
  /** To which the redirects led. */
  url: string;
  /** Of this address, with its query. */
  path: string;
  /** Where a redirect leads. */
  location: string | undefined;
  html: string;
  title: string;
  heading: string;
  /** All that `main` says, with single blanks. */
  text: string;
  forms: readonly ShownForm[];
  links: readonly ShownLink[];
  /** What is wrong, in the words of the page. */
  alerts: readonly string[];
  /** The seconds after which a browser without script loads the page again. */
  refreshSeconds: number | undefined;
}

export interface ShownForm {
  method: string;
  action: string;
  button: string;
  fields: readonly ShownField[];
  /** The names of the fields that a person fills in. */
  asks: readonly string[];
}

export interface ShownField {
  name: string;
  type: string;
  value: string;
  /** Empty for a hidden field. */
  label: string;
  attributes: { readonly [name: string]: string };
}

export interface ShownLink {
  words: string;
  href: string;
}

export async function shownPage(response: Response, url: string): Promise<ShownPage> {
  const { pathname, search } = new URL(url);
  const html = await response.text();
  const main = first(html, /<main[^>]*>([\s\S]*)<\/main>/);
  const refresh = first(html, /<noscript><meta http-equiv="refresh" content="(\d+)"><\/noscript>/);
  return {
    status: response.status,
    headers: response.headers,
    url,
    path: pathname + search,
    location: response.headers.get("location") ?? undefined,
    html,
    title: plain(first(html, /<title>([\s\S]*?)<\/title>/)),
    heading: plain(first(main, /<h1[^>]*>([\s\S]*?)<\/h1>/)),
    text: plain(main),
    forms: all(main, /<form ([^>]*)>([\s\S]*?)<\/form>/g).map(([attributes = "", content = ""]) => {
      const fields = fieldsIn(content);
      return {
        method: "get",
        action: "",
        ...attributesIn(attributes),
        button: plain(first(content, /<button[^>]*>([\s\S]*?)<\/button>/)),
        fields,
        asks: fields.filter(({ type }) => type !== "hidden").map(({ name }) => name),
      };
    }),
    links: all(main, /<a ([^>]*)>([\s\S]*?)<\/a>/g).map(([attributes = "", words = ""]) => ({
      href: attributesIn(attributes)["href"] ?? "",
      words: plain(words),
    })),
    alerts: all(main, /<p role="alert">([\s\S]*?)<\/p>/g).map(([words = ""]) => plain(words)),
    refreshSeconds: refresh === "" ? undefined : Number(refresh),
  };
}

function fieldsIn(form: string): ShownField[] {
  const labels = new Map(
    all(form, /<label for="([^"]*)">([\s\S]*?)<\/label>/g).map(([id = "", words = ""]) => [id, plain(words)]),
  );
  return all(form, /<input ([^>]*)>/g).map(([text = ""]) => {
    const attributes = attributesIn(text);
    const { name = "", type = "text", value = "", id = "" } = attributes;
    return { name, type, value, label: labels.get(id) ?? "", attributes };
  });
}

function attributesIn(text: string): { [name: string]: string } {
  return Object.fromEntries(
    all(text, /([\w-]+)(?:="([^"]*)")?/g).map(([name = "", value = ""]) => [name, decoded(value)]),
  );
}

function all(text: string, pattern: RegExp): string[][] {
  return [...text.matchAll(pattern)].map((found) => found.slice(1));
}

function first(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[1] ?? "";
}

function plain(html: string): string {
  return decoded(html.replaceAll(/<[^>]*>/g, " "))
    .replaceAll(/\s+/g, " ")
    .trim();
}

function decoded(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
