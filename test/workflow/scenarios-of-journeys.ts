import {
  ASK,
  answered,
  asked,
  calls,
  challenged,
  challengedBriefly,
  done,
  FOLLOW,
  HOLD,
  held,
  heldForNoTime,
  OPEN,
  OVER,
  SAID,
  type Scenario,
  SEND,
  saidNothing,
  WAIT,
  working,
} from "./scenario.ts";

/** What happens when nothing goes wrong. */
export const JOURNEYS: readonly Scenario[] = [
  {
    title: "a bank that is done within a slice",
    script: { "open-connection": [done] },
    states: [OPEN, SAID, OVER],
    calls: calls("open-connection"),
  },
  {
    title: "a bank that takes some slices is waited for between them",
    script: { "open-connection": [working], "follow-job": [working, done] },
    states: [OPEN, SAID, WAIT, FOLLOW, SAID, WAIT, FOLLOW, SAID, OVER],
    calls: [...calls("open-connection"), ...calls("follow-job", 2)],
  },
  {
    title: "functions of another version, which do not say what is next, are followed by a look",
    script: { "open-connection": [saidNothing], "follow-job": [done] },
    states: [OPEN, SAID, FOLLOW, SAID, OVER],
    calls: [...calls("open-connection"), ...calls("follow-job")],
  },
  {
    title:
      "functions of another version, which do not say how long a job is held, are asked where its attempts begin",
    script: { "open-connection": [heldForNoTime, held, done] },
    states: [OPEN, SAID, OPEN, SAID, HOLD, OPEN, SAID, OVER],
    calls: calls("open-connection", 3),
  },
  {
    title: "a challenge that is answered",
    script: { "open-connection": [challenged], "ask-for-answer": [answered], "send-answer": [done] },
    states: [OPEN, SAID, ASK, SEND, SAID, OVER],
    calls: [...calls("open-connection"), ...calls("ask-for-answer"), ...calls("send-answer")],
  },
  {
    title: "a challenge that nobody answers in time: the row decides what became of it",
    script: { "open-connection": [challengedBriefly], "ask-for-answer": [asked], "send-answer": [done] },
    states: [OPEN, SAID, ASK, SEND, SAID, OVER],
    calls: [...calls("open-connection"), ...calls("ask-for-answer"), ...calls("send-answer")],
  },
  {
    title: "a bank that asks again after the answer",
    script: {
      "open-connection": [challenged],
      "ask-for-answer": [answered, answered],
      "send-answer": [challenged, working],
      "follow-job": [done],
    },
    states: [OPEN, SAID, ASK, SEND, SAID, ASK, SEND, SAID, WAIT, FOLLOW, SAID, OVER],
    calls: [
      ...calls("open-connection"),
      ...calls("ask-for-answer"),
      ...calls("send-answer"),
      ...calls("ask-for-answer"),
      ...calls("send-answer"),
      ...calls("follow-job"),
    ],
  },
  {
    title: "a job that is held: it is opened again",
    script: { "open-connection": [held, done] },
    states: [OPEN, SAID, HOLD, OPEN, SAID, OVER],
    calls: calls("open-connection", 2),
  },
  {
    title: "a challenge of a further attempt that nobody answers: the job is held again",
    script: {
      "open-connection": [challengedBriefly, done],
      "ask-for-answer": [asked],
      "send-answer": [held],
    },
    states: [OPEN, SAID, ASK, SEND, SAID, HOLD, OPEN, SAID, OVER],
    calls: [
      ...calls("open-connection"),
      ...calls("ask-for-answer"),
      ...calls("send-answer"),
      ...calls("open-connection"),
    ],
  },
];
