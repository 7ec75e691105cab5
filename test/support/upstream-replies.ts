/** Written by hand, as the published prose and the recorded replies have it. */
export const connection = "/users/ea3a81/connections/8fce3b";
export const link = { type: "link", url: connection };
export const mfa = {
  type: "mfa",
  method: "token",
  description: "A code was sent to you",
  input: ["Code"],
  expiryMs: 90_000,
  links: { response: "https://upstream.example/jobs/61723/mfa" },
};

/** A job of one step. */
export function reply(step: object, more: object = {}) {
  return {
    type: "job",
    id: "61723",
    created: "2020-09-09T11:06:52Z",
    updated: "2020-09-09T11:07:39Z",
    steps: [{ title: "verify-credentials", status: "in-progress", result: null, ...step }],
    links: { self: "https://upstream.example/jobs/61723" },
    ...more,
  };
}
