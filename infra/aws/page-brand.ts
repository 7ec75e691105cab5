import { readFileSync, statSync } from "node:fs";
import { COLOUR, contrastProblem } from "../../functions/page/contrast.ts";
import { readTexts } from "./page-texts.ts";

/** How the pages for people look, and what they say. Nothing is loaded from elsewhere: all of it becomes part of the pages. */
export interface PageBrand {
  /** The path of an SVG or PNG file of at most 3,400 bytes. Pages show it on white. Default: no logo. */
  readonly pageLogo?: string | undefined;
  /** The colour of buttons, such as `#3f6fb5`. Default: blue. */
  readonly pageColour?: string | undefined;
  /** That colour where a browser asks for dark colours. Default: `pageColour`, if it has enough contrast there. */
  readonly pageColourDark?: string | undefined;
  /** Where people get help: an email address, a telephone number or an `https` address. Pages show it when something failed. */
  readonly pageSupport?: string | undefined;
  /** The `https` address of your privacy notice. */
  readonly pagePrivacyUrl?: string | undefined;
  /** The `https` address of your terms. */
  readonly pageTermsUrl?: string | undefined;
  /** The path of a folder with a JSON file of texts for each language, such as `fr.json`. */
  readonly pageTexts?: string | undefined;
}

/** In bytes. With a logo of this size, the largest page has less than 20 kB. */
export const MAX_LOGO_BYTES = 3_400;

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** An SVG may begin with a declaration, comments and a document type. */
const SVG = /^\uFEFF?\s*(<\?xml[^>]*>\s*|<!--[\s\S]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/i;

/** Returns a logo as the `data:` address that pages contain. Throws an `Error` that says what is wrong with the file. */
function readLogo(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false });
  if (!file?.isFile()) throw new Error("must be the path of a file");
  if (file.size > MAX_LOGO_BYTES) throw new Error(`has ${file.size} bytes, and may have ${MAX_LOGO_BYTES}`);
  const content = readFileSync(path);
  const isPng = content.subarray(0, PNG.length).equals(PNG);
  if (!isPng && !SVG.test(content.toString())) throw new Error("must be an SVG or PNG file");
  return `data:image/${isPng ? "png" : "svg+xml"};base64,${content.toString("base64")}`;
}

/** In characters. Each page contains up to three addresses. */
const MAX_ADDRESS = 200;

function isHttps(text: string): boolean {
  if (!/^https:\/\/[^\s\\]+$/.test(text) || text.length > MAX_ADDRESS || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username + password === "";
}

const EMAIL = /^[\w.+-]{1,64}@[a-z\d-]{1,63}(\.[a-z\d-]{1,63})+$/i;
const TELEPHONE = /^\+?\d[\d ()-]{4,30}$/;

function unless(isValid: (text: string) => boolean, rule: string): (text: string) => string | undefined {
  return (text) => (isValid(text) ? undefined : rule);
}

/** For a reader that throws an `Error` which says what is wrong. */
function problemOf(read: (path: string) => unknown): (path: string) => string | undefined {
  return (path) => {
    try {
      read(path);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : "cannot be read";
    }
  };
}

const httpsProblem = unless(isHttps, `must be an https address of at most ${MAX_ADDRESS} characters`);
const colourFormProblem = unless((text) => COLOUR.test(text), "must be a colour such as #3f6fb5");

const PAGE_OPTIONS = [
  "pageLogo",
  "pageColour",
  "pageColourDark",
  "pageSupport",
  "pagePrivacyUrl",
  "pageTermsUrl",
  "pageTexts",
] as const satisfies readonly (keyof PageBrand)[];

/** What is wrong with the value of each option, after its name; undefined if nothing is. */
export const PAGE_PROBLEMS: {
  readonly [option in (typeof PAGE_OPTIONS)[number]]: (value: string) => string | undefined;
} = {
  pageLogo: problemOf(readLogo),
  pageColour: colourFormProblem,
  pageColourDark: colourFormProblem,
  pageSupport: unless(
    (text) => isHttps(text) || EMAIL.test(text) || TELEPHONE.test(text),
    "must be an email address, a telephone number or an https address",
  ),
  pagePrivacyUrl: httpsProblem,
  pageTermsUrl: httpsProblem,
  pageTexts: problemOf(readTexts),
};

/** Returns what is wrong with the colours, and which option causes it; undefined if people can see them. */
export function colourProblem({
  pageColour: light,
  pageColourDark: dark,
}: PageBrand): { name: "pageColour" | "pageColourDark"; problem: string } | undefined {
  if (light === undefined) {
    return dark === undefined ? undefined : { name: "pageColourDark", problem: "needs pageColour" };
  }
  const inLight = contrastProblem(light, "light");
  if (inLight !== undefined) return { name: "pageColour", problem: inLight };
  const inDark = contrastProblem(dark ?? light, "dark");
  if (inDark === undefined) return undefined;
  return dark === undefined
    ? { name: "pageColour", problem: `${inDark}: give dark pages a lighter colour` }
    : { name: "pageColourDark", problem: inDark };
}

/**
 * Returns the content of the brand's file; undefined if no option is set. Throws an `Error` that names the option that is not valid.
 */
export function checkedBrand(options: PageBrand): string | undefined {
  for (const name of PAGE_OPTIONS) {
    const value = options[name];
    const problem = value === undefined ? undefined : PAGE_PROBLEMS[name](value);
    if (problem !== undefined) throw new Error(`${name}: ${problem}.`);
  }
  const wrong = colourProblem(options);
  if (wrong !== undefined) throw new Error(`${wrong.name}: ${wrong.problem}.`);
  const { pageLogo, pageColour, pageColourDark, pageSupport, pagePrivacyUrl, pageTermsUrl, pageTexts } =
    options;
  const brand = {
    ...(pageLogo !== undefined && { logo: readLogo(pageLogo) }),
    ...(pageColour !== undefined && {
      colours: { light: pageColour, dark: pageColourDark ?? pageColour },
    }),
    ...(pageSupport !== undefined && { support: pageSupport }),
    ...(pagePrivacyUrl !== undefined && { privacyUrl: pagePrivacyUrl }),
    ...(pageTermsUrl !== undefined && { termsUrl: pageTermsUrl }),
    ...(pageTexts !== undefined && { languages: readTexts(pageTexts) }),
  };
  return Object.keys(brand).length === 0 ? undefined : JSON.stringify(brand);
}
