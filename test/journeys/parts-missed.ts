/** What of the definition no journey would go through without those whose titles are like this. */
export const MISSED_WITHOUT: readonly { left: RegExp; missed: readonly string[] }[] = [
  { left: /^another version$/, missed: ["What did the bank say?, no next"] },
  { left: /^another version: hold$/, missed: ["What did the bank say?, no waitSeconds"] },
  { left: /^silent user$/, missed: ["Ask for the answer, catcher 1"] },
  { left: /^down: refuse$/, missed: ["Open the connection, retrier 1"] },
  {
    left: /^down: |: hold$/,
    missed: [
      "Open the connection, retrier 1",
      "What did the bank say?, no waitSeconds",
      "What did the bank say?, next is hold",
      "Hold for the next attempt",
    ],
  },
  {
    left: /^passing: follow-job$/,
    missed: [1, 2, 3, 4].map((number) => `Follow the job, retrier ${number}`),
  },
  {
    left: /^broken: /,
    missed: [
      "Open the connection, catcher 1",
      "Follow the job, catcher 1",
      "Give up",
      "Give up, retrier 1",
      "Give up, retrier 2",
      "Ask for the answer, catcher 2",
      "Send the answer, catcher 1",
      "The job was given up",
    ],
  },
];
