import type { Institution } from "./institutions.ts";
import type { ChallengeKind } from "./state.ts";

type Challenge = {
  readonly method: "token" | "security-questions";
  readonly description: string;
  readonly input: readonly string[];
  readonly answer: readonly string[];
};

export const challenges: Readonly<Record<ChallengeKind, Challenge>> = {
  "sms-code": {
    method: "token",
    description: "A SMS code has been sent to your device, please enter valid number",
    input: ["OTP Password"],
    answer: ["1234"],
  },
  "first-company": {
    method: "security-questions",
    description: "security-questions",
    input: ["What's your first company?"],
    answer: ["Hooli"],
  },
  "favourite-company": {
    method: "security-questions",
    description: "security-questions",
    input: ["What's your favourite company?", "What's the ID of this institution?"],
    answer: ["Basiq", "AU00000"],
  },
  "app-approval": {
    method: "token",
    description: "A request has been sent to your bank's app, please approve it there",
    input: ["Approve the request in your app"],
    answer: ["confirmed"],
  },
};

const questions: ReadonlyMap<string, ChallengeKind> = new Map<string, ChallengeKind>([
  ["gavinBelson", "first-company"],
  ["Gilfoyle", "first-company"],
  ["Whistler", "favourite-company"],
  ["Wentworth-Smith", "favourite-company"],
]);

export function challengeFor(institution: Institution, testUser: string | null): ChallengeKind {
  if (institution.approvesInApp) return "app-approval";
  return questions.get(testUser ?? "") ?? "sms-code";
}

export function isRightAnswer(kind: ChallengeKind, answers: readonly string[]): boolean {
  return challenges[kind].answer.every((expected, index) => answers[index] === expected);
}
