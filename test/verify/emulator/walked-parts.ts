import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Run } from "../../workflow/definition.ts";
import { parseDefinition, partsOf, partsUsed } from "../../workflow/definition.ts";
import { PARTS_BY_CHANCE, UNWALKED_PARTS } from "./exceptions.ts";
import type { Execution } from "./executions.ts";

/** Throws when the executions went through other parts of the definition than all but the excepted ones. */
export function checkWalkedParts(deployedDefinition: unknown, executions: readonly Execution[]) {
  const definition = parseDefinition(deployedDefinition);
  const walked = new Set(executions.flatMap(({ history }) => [...partsUsed(definition, runOf(history))]));
  const all = partsOf(definition);
  const excepted = new Set(UNWALKED_PARTS.flatMap(({ parts }) => parts));
  const allowed = new Set([...excepted, ...PARTS_BY_CHANCE.parts]);
  const faults = [
    ...named(
      "Not walked, and not excepted",
      all.filter((part) => !walked.has(part) && !allowed.has(part)),
    ),
    ...named(
      "Walked, but excepted",
      [...excepted].filter((part) => walked.has(part)),
    ),
    ...named(
      "Excepted, but no part",
      [...allowed].filter((part) => !all.includes(part)),
    ),
  ];
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return { walked: walked.size, parts: all.length, excepted: excepted.size };
}

function named(fault: string, parts: readonly string[]): string[] {
  return parts.map((part) => `${fault}: ${part}`);
}

/** An execution as the tests of the local engine read it. */
function runOf(events: readonly HistoryEvent[]): Run {
  return { status: "", error: undefined, history: events.map(readEvent) };
}

function readEvent({
  id = 0,
  previousEventId = 0,
  type = "ExecutionStarted",
  timestamp,
  ...event
}: HistoryEvent) {
  const { stateEnteredEventDetails: entered, taskFailedEventDetails: failed } = event;
  return {
    id,
    previousEventId,
    type,
    timestamp: (timestamp?.getTime() ?? 0) / 1000,
    ...(entered !== undefined && {
      stateEnteredEventDetails: { name: entered.name ?? "", input: entered.input ?? "{}" },
    }),
    ...(failed !== undefined && { taskFailedEventDetails: { error: failed.error ?? "" } }),
  };
}
