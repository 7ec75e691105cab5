/** Shorter ones stand in everything. */
const MIN_CHARS = 4;
/** So long that it is no part of another word. */
const LONG_CHARS = 8;
/** What holds digits of its own: ids, moments and numbers. */
const NEVER_SECRET = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
  /\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?/g,
  /(?<=:\s?)\d+(\.\d+)?(?=[,}\s]|$)/g,
];
/** Of JSON as a text in JSON: a state's input in a history that was read as JSON is one in one. */
const MAX_DEPTH = 4;
const ENCODED = /[A-Za-z0-9+/_-]{6,}={0,2}/g;
const BASE64_GROUP = 4;

/** The secrets that stand in a text: as they are, as JSON writes them, also JSON in JSON, or in base64. */
export function secretsFound(text: string, secrets: ReadonlySet<string>): string[] {
  const readable = NEVER_SECRET.reduce((rest, pattern) => rest.replaceAll(pattern, " "), text);
  const decoded = [...readable.matchAll(ENCODED)].flatMap(([encoded]) => decodings(encoded)).join("\n");
  const places = [readable, decoded];
  const isFound = (secret: string) =>
    writings(secret).some((writing) => places.some((place) => standsIn(place, writing)));
  return [...secrets].filter((secret) => secret.length >= MIN_CHARS && isFound(secret));
}

function writings(secret: string): string[] {
  const asJson = [secret];
  while (asJson.length <= MAX_DEPTH) asJson.push(asInJson(asJson.at(-1) ?? ""));
  return [...new Set([...asJson, encodeURIComponent(secret)])];
}

function asInJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** What was encoded may begin within the run. */
function decodings(encoded: string): string[] {
  const starts = Array.from({ length: BASE64_GROUP }, (_, index) => encoded.slice(index));
  return starts.map((part) => Buffer.from(part, "base64").toString("latin1"));
}

/** A short one as a word: `jared` does not stand in `shared`. */
function standsIn(place: string, writing: string): boolean {
  if (writing.length >= LONG_CHARS) return place.includes(writing);
  for (let at = place.indexOf(writing); at >= 0; at = place.indexOf(writing, at + 1)) {
    const around = [place[at - 1], place[at + writing.length]];
    if (!around.some((character) => /[A-Za-z0-9]/.test(character ?? ""))) return true;
  }
  return false;
}
