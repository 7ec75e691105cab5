/** `lacks`: something has to be done. `unknown`: it could not be checked. */
export type Verdict = "ok" | "lacks" | "unknown";

export interface Finding {
  name: string;
  verdict: Verdict;
  /** What was found. */
  found: string;
  /** What to do. */
  advice?: string;
}

const SHOWN: { readonly [verdict in Verdict]: string } = {
  ok: "ok",
  lacks: "LACKS",
  unknown: "not checked",
};

/** Returns one line for each finding, and below it what to do. */
export function findingLines(findings: readonly Finding[]): string[] {
  const widest = Math.max(0, ...findings.map(({ name }) => name.length));
  return findings.flatMap(({ name, verdict, found, advice }) => [
    `${SHOWN[verdict].padEnd(SHOWN.unknown.length)}  ${name.padEnd(widest)}  ${found}`,
    ...(advice === undefined ? [] : [`${" ".repeat(SHOWN.unknown.length + 2)}${advice}`]),
  ]);
}

/** The oldest version of Node.js on which the package runs. */
const OLDEST_NODE = 20;

export function nodeFinding(version: string): Finding {
  const major = Number(/^v?(\d+)\./.exec(version)?.[1]);
  return major >= OLDEST_NODE
    ? { name: "Node.js", verdict: "ok", found: version }
    : {
        name: "Node.js",
        verdict: "lacks",
        found: `${version} is too old.`,
        advice: `Install Node.js ${OLDEST_NODE} or later.`,
      };
}

/**
 * A new account runs ten functions concurrently, which is enough to test the system, and for about 63 plain jobs a minute
 * (docs/operate.md).
 */
const FUNCTIONS_OF_A_NEW_ACCOUNT = 10;

/** `told`: the setting `concurrency` of the deployment; `undefined` if an earlier version was deployed, which has none. */
export function functionsFinding(limit: number, told: number | undefined): Finding {
  const name = "functions at once";
  if (told !== undefined && told > limit) {
    const found = `${limit}, but the setting concurrency of the deployment is ${told}.`;
    return { name, verdict: "lacks", found, advice: `Deploy with -c concurrency=${limit}.` };
  }
  if (limit > FUNCTIONS_OF_A_NEW_ACCOUNT && told === FUNCTIONS_OF_A_NEW_ACCOUNT) {
    const found = `${limit}, but the setting concurrency of the deployment is ${told}.`;
    const advice = `Deploy with -c concurrency=${limit}: jobs begin sooner when their bank is back.`;
    return { name, verdict: "lacks", found, advice };
  }
  if (limit > FUNCTIONS_OF_A_NEW_ACCOUNT) return { name, verdict: "ok", found: String(limit) };
  return {
    name,
    verdict: "lacks",
    found: `${limit}, as a new account has: enough to try it out.`,
    advice: 'Ask AWS for more: Service Quotas, AWS Lambda, "Concurrent executions".',
  };
}

/**
 * In transitions a second. A job with an MFA challenge makes 6 transitions (docs/operate.md): with fewer than 100, not even 16 such
 * jobs can start in a second.
 */
const FEW_TRANSITIONS = 100;

export function transitionsFinding(perSecond: number): Finding {
  const name = "state transitions";
  if (perSecond >= FEW_TRANSITIONS) return { name, verdict: "ok", found: `${perSecond} a second` };
  return {
    name,
    verdict: "lacks",
    found: `${perSecond} a second. A job needs 3, or 6 with an MFA challenge.`,
    advice:
      'Ask AWS for more: Service Quotas, AWS Step Functions, "StateTransition throttle token refill rate".',
  };
}

/** An API with another version may have other commands. */
export function versionFinding(own: string, ofApi: string): Finding {
  const name = "version";
  if (own === ofApi) return { name, verdict: "ok", found: own };
  return {
    name,
    verdict: "lacks",
    found: `The API has ${ofApi}, this program ${own}.`,
    advice: "Use the program of the version that is deployed, or deploy again.",
  };
}
