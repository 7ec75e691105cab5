/** The fields of the context object that the runner fills. */
const FILLED = /^\$\$\.(Execution\.(Id|Name|Input|StartTime)|StateMachine\.(Id|Name)|Task\.Token)\b/;

/** @throws when the definition reads a field of the context object that would be missing here. */
export function checkContextPaths(definition: object): void {
  for (const [path] of JSON.stringify(definition).matchAll(/\$\$[\w.]*/g)) {
    if (!FILLED.test(path))
      throw new Error(`The state machine reads ${path}, which is not available locally.`);
  }
}
