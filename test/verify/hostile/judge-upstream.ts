import { inspect } from "node:util";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";

/** The longest text of upstream's that is taken over. */
const LONGEST_TEXT = 2_000;
/** Of a job, with the challenge that is apart. */
const MOST_BYTES = 25_000;

/** What is wrong with how a call ended; nothing when it ended well, or in a clear error that tells nothing. */
export function wrongEnd(ended: { value: unknown } | { error: unknown }, mark: string): string | undefined {
  if ("error" in ended) return wrongError(ended.error, mark);
  const text = JSON.stringify(ended.value) ?? "";
  if (Buffer.byteLength(text) > MOST_BYTES * (Array.isArray(ended.value) ? 10 : 1))
    return `It is ${text.length} long.`;
  return textsIn(ended.value)
    .map(wrongText)
    .find((wrong) => wrong !== undefined);
}

function wrongError(error: unknown, mark: string): string | undefined {
  if (error instanceof UpstreamRefused) {
    const { code, title, detail } = error.problem;
    const wrong = [code, title, detail].map(wrongText).find((each) => each !== undefined);
    return (
      wrong ??
      (`${error.message}${error.stack}${error.cause}`.includes(mark) ? "Its message tells." : undefined)
    );
  }
  if (!(error instanceof UpstreamUnavailable)) return `It is no error of upstream's: ${inspect(error)}`;
  const all = inspect(error, { depth: 10, showHidden: true, maxStringLength: null });
  return all.includes(mark) ? `It tells what came: ${all}` : undefined;
}

function wrongText(text: string): string | undefined {
  if (text.length > LONGEST_TEXT) return "A text is too long.";
  return text.isWellFormed() ? undefined : "A text is no text.";
}

/** All texts of a value; a link has to be a path of our own. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    const isLink = name === "url" && typeof each === "string";
    if (isLink && !/^\/(?![/\\])\S*$/.test(each)) throw new Error(`A link leads elsewhere: ${each}`);
    return textsIn(each);
  });
}
