import type { Finding } from "./scanner.ts";

/** A canary that has to be where it is, in just this form. */
export interface Meant {
  readonly why: string;
  readonly canary: RegExp;
  readonly form: RegExp;
  readonly sink: RegExp;
  /** Nobody wants it there, but it is known, and told of in `docs/decisions/what-if-the-aggregator-repeats-a-secret.md`. */
  readonly isALeak?: true;
}

const IN_THE_JOBS_TABLE = String.raw`^(rows of TablesJobs\w+|dynamodb[\\/]\d+\.(log|ldb)(, unpacked)?|calls of dynamodb (Get|Put|Update|Delete)Item)$`;

/** Each of them is found in every run: one that is not is to be struck out. */
const MEANT_TO_STAND: readonly Meant[] = [
  {
    why: "who trades the key for a token is given the token",
    canary: /^access token of ours$/,
    form: /^raw$/,
    sink: /^replies that give a token$/,
  },
  {
    why: "an API key is kept as its SHA-256: it is too random to be guessed",
    canary: /^API key$/,
    form: /^sha256 in hex$/,
    sink: new RegExp(IN_THE_JOBS_TABLE),
  },
  {
    why: "a key that nobody has is looked for by its SHA-256, and nothing is written",
    canary: /^refused API key$/,
    form: /^sha256 in hex$/,
    sink: /^calls of dynamodb GetItem$/,
  },
  {
    why: "an Idempotency-Key is no secret, and known by its SHA-256",
    canary: /^Idempotency-Key/,
    form: /^sha256 in hex$/,
    sink: new RegExp(IN_THE_JOBS_TABLE),
  },
  {
    why: "the name of a bank is no secret: upstream is asked for a bank of that name",
    canary: /^refused bank$/,
    form: /^raw$/,
    sink: /^ledger of the sandbox$/,
  },
  {
    why: "what upstream repeats of a login after the run that sent it, we have nothing to compare with: its words are passed on",
    canary: /of what upstream's job repeats late$/,
    form: /^((first|last) half, )?(raw|JSON, 1 deep)$/,
    sink: new RegExp(`${IN_THE_JOBS_TABLE}|^replies$`),
    isALeak: true,
  },
];

export interface Unmeant {
  readonly leaks: Finding[];
  /** The canaries of the leaks that are known. */
  readonly known: Set<string>;
  readonly unused: string[];
}

/** The findings that nobody meant, and what was meant and is not found. */
export function unmeant(findings: readonly Finding[]): Unmeant {
  const used = new Set<Meant>();
  const known = new Set<string>();
  const leaks = findings.filter(({ canary, form, sink }) => {
    const meant = MEANT_TO_STAND.find(
      (each) => each.canary.test(canary.name) && each.form.test(form) && each.sink.test(sink),
    );
    if (meant !== undefined) used.add(meant);
    if (meant?.isALeak) known.add(canary.name);
    return meant === undefined;
  });
  return { leaks, known, unused: MEANT_TO_STAND.filter((meant) => !used.has(meant)).map(({ why }) => why) };
}
