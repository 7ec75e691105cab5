import { readFileSync, statSync } from "node:fs";
import * as z from "zod/mini";
import { COLOUR, contrastProblem } from "../../functions/page/contrast.ts";
import { readTexts } from "./page-texts.ts";

/** How the pages for people look, and what they say. Nothing is loaded from elsewhere: all of it becomes part of the pages. */
export interface PageBrand {
  /** The path of an SVG or PNG file of at most 4,096 bytes. Pages show it on white. Default: no logo. */
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
export const MAX_LOGO_BYTES = 4_096;

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

const TELEPHONE = /^\+?\d[\d ()-]{4,30}$/;

function isSupport(text: string): boolean {
  return (
    isHttps(text) || TELEPHONE.test(text) || z.safeParse(z.email().check(z.maxLength(254)), text).success
  );
}

/** Returns a check that a reader of files does not throw. */
function readable(read: (path: string) => unknown) {
  return z.string().check((payload) => {
    const problem = problemOf(() => read(payload.value));
    if (problem !== undefined) {
      payload.issues.push({ code: "custom", message: problem, input: payload.value, continue: true });
    }
  });
}

function problemOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "cannot be read";
  }
}

const https = z
  .string()
  .check(z.refine(isHttps, `must be an https address of at most ${MAX_ADDRESS} characters`));
const colour = z.string().check(z.regex(COLOUR, "must be a colour such as #3f6fb5"));

/** The form of each option. */
export const PAGE_BRAND = {
  pageLogo: z.optional(readable(readLogo)),
  pageColour: z.optional(colour),
  pageColourDark: z.optional(colour),
  pageSupport: z.optional(
    z.string().check(z.refine(isSupport, "must be an email address, a telephone number or an https address")),
  ),
  pagePrivacyUrl: z.optional(https),
  pageTermsUrl: z.optional(https),
  pageTexts: z.optional(readable(readTexts)),
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
  const given = z.object(PAGE_BRAND).safeParse(options, { error: z.locales.en().localeError });
  if (!given.success) {
    const [issue] = given.error.issues;
    throw new Error(`${String(issue?.path[0])}: ${issue?.message}.`);
  }
  const wrong = colourProblem(options);
  if (wrong !== undefined) throw new Error(`${wrong.name}: ${wrong.problem}.`);
  const { pageLogo, pageColour, pageColourDark, pageSupport, pagePrivacyUrl, pageTermsUrl, pageTexts } =
    given.data;
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
