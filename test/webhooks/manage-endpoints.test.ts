import { expect, test } from "vitest";
import type { Endpoint } from "../../functions/webhooks/domain/endpoint.ts";
import {
  createEndpoint,
  deleteEndpoint,
  type EndpointDeps,
  findEndpoint,
  listEndpoints,
  rotateSecret,
  updateEndpoint,
  type WantedEndpoint,
} from "../../functions/webhooks/use-cases/manage-endpoints.ts";
import { fakeClock } from "../support/fake-clock.ts";
import {
  fakeEndpointSecrets,
  fakeEndpointStates,
  fakeEndpoints,
  fakeReceiver,
  fakeSecrets,
} from "../support/fake-webhooks.ts";
import { seededIds } from "../support/seeded-ids.ts";

function world(maxEndpoints = 3) {
  const clock = fakeClock();
  const ids = seededIds(11, 60);
  const endpoints = fakeEndpoints();
  const secrets = fakeEndpointSecrets();
  const states = fakeEndpointStates(clock);
  const deps: EndpointDeps = {
    newId: () => ids.shift() ?? "",
    ...{ clock, endpoints, secrets, states, maxEndpoints },
    requireReceiver: fakeReceiver,
    newSecret: fakeSecrets(),
  };
  const numbers = (endpoint: Endpoint) => endpoint.secrets.map(({ number }) => number);
  return { deps, clock, endpoints, secrets, states, numbers };
}

const NOTHING = {
  name: undefined,
  description: undefined,
  subscribedEvents: undefined,
  payload: undefined,
  ordering: undefined,
  status: undefined,
};
const wantedAt = (path: string, more: Partial<WantedEndpoint> = {}): WantedEndpoint => ({
  ...NOTHING,
  url: `https://receiver.example/${path}`,
  ...more,
});

test("an update keeps what it does not name, and removes what it names as null", async () => {
  const { deps } = world();
  const wanted = wantedAt("a", { name: "Jobs", subscribedEvents: ["job.failed"], payload: "full" });
  const { endpoint } = await createEndpoint(deps, wanted);
  const moved = await updateEndpoint(deps, endpoint.id, wantedAt("b", { subscribedEvents: null }));
  expect(moved.endpoint).toEqual({ ...endpoint, url: wantedAt("b").url, subscribedEvents: undefined });
});

test("an endpoint that is enabled again begins well, and one that was not disabled keeps its state", async () => {
  const { deps, states } = world();
  const { endpoint } = await createEndpoint(deps, wantedAt("a"));
  const failing = { failures: 5, mode: "failing" } as const;
  await states.change(endpoint.id, undefined, failing);
  const update = (status: "active" | "disabled") =>
    updateEndpoint(deps, endpoint.id, wantedAt("a", { status }));
  expect((await update("active")).state).toEqual(failing);
  await update("disabled");
  expect((await update("active")).state).toEqual({ failures: 0 });
});

test("an owner who disables or enables an endpoint ends what its receiver said", async () => {
  const { deps, endpoints } = world();
  const { endpoint } = await createEndpoint(deps, wantedAt("a"));
  for (const status of ["disabled", "active"] as const) {
    const list = await endpoints.read();
    const gone = { status: "disabled", disabledAt: "2026-01-05T09:00:00.000Z" } as const;
    await endpoints.write(
      list.endpoints.map((each) => ({ ...each, ...gone })),
      list,
    );
    await updateEndpoint(deps, endpoint.id, wantedAt("a", { status }));
    expect(endpoints.all()[0]).toMatchObject({ status, disabledAt: undefined });
  }
});

test("a deleted endpoint is hidden, frees its URL and its place, and its secrets are destroyed", async () => {
  const { deps, endpoints, secrets } = world(1);
  for (let round = 0; round < 25; round++) {
    const { endpoint } = await createEndpoint(deps, wantedAt("a"));
    await deleteEndpoint(deps, endpoint.id);
    await expect(findEndpoint(deps, endpoint.id)).rejects.toThrow("webhook-not-found");
    await expect(deleteEndpoint(deps, endpoint.id)).rejects.toThrow("webhook-not-found");
    await expect(rotateSecret(deps, endpoint.id, 0)).rejects.toThrow("webhook-not-found");
  }
  expect(secrets.names()).toEqual([]);
  expect(await listEndpoints(deps)).toEqual([]);
  expect(endpoints.all().map(({ status }) => status)).toEqual(Array(20).fill("deleted"));
});

test("earlier secrets sign until the overlap is over, never longer than they were told before, and three at most", async () => {
  const { deps, clock, secrets, numbers } = world();
  const { endpoint } = await createEndpoint(deps, wantedAt("a"));
  const rotate = async (seconds: number) => (await rotateSecret(deps, endpoint.id, seconds)).endpoint;
  const at = (seconds: number) => clock.after(seconds * 1000).toISOString();
  const inAnHour = at(3600);
  expect((await rotate(3600)).secrets).toEqual([{ number: 2 }, { number: 1, until: inAnHour }]);
  const later = at(7200);
  expect((await rotate(7200)).secrets).toEqual([
    { number: 3 },
    { number: 2, until: later },
    { number: 1, until: inAnHour },
  ]);
  expect(numbers(await rotate(7200))).toEqual([4, 3, 2]);
  expect(secrets.names()).toEqual([2, 3, 4].map((number) => `${endpoint.id} ${number}`));
  clock.pass(7200_000);
  expect(numbers(await rotate(60))).toEqual([5, 4]);
  expect(numbers(await rotate(0))).toEqual([6]);
  expect(secrets.names()).toEqual([`${endpoint.id} 6`]);
});

test("of two rotations at once, each returns the secret that is stored under its number", async () => {
  const { deps, secrets } = world();
  const { endpoint } = await createEndpoint(deps, wantedAt("a"));
  const both = await Promise.all([60, 60].map((seconds) => rotateSecret(deps, endpoint.id, seconds)));
  const { secrets: stored } = (await findEndpoint(deps, endpoint.id)).endpoint;
  const revealed = await Promise.all(stored.map(({ number }) => secrets.reveal(endpoint.id, number)));
  const texts = revealed.map((secret) => secret?.reveal());
  expect(stored).toHaveLength(3);
  for (const { secret } of both) expect(texts).toContain(secret.reveal());
});

test("of two that ask for the same URL or the last place at once, one is refused and leaves no secret", async () => {
  for (const [max, paths] of [
    [3, ["a", "a"]],
    [1, ["a", "b"]],
  ] as const) {
    const { deps, endpoints, secrets } = world(max);
    const results = await Promise.allSettled(paths.map((path) => createEndpoint(deps, wantedAt(path))));
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(endpoints.all()).toHaveLength(1);
    expect(secrets.names()).toHaveLength(1);
  }
});

test("a request that loses every race is refused as a moment's failure, and leaves no secret", async () => {
  const { deps, endpoints, secrets } = world();
  endpoints.beforeWrite = async () => {
    endpoints.beforeWrite = async () => undefined;
    await endpoints.write(endpoints.all(), await endpoints.read());
    endpoints.beforeWrite = loses;
  };
  const loses = endpoints.beforeWrite;
  await expect(createEndpoint(deps, wantedAt("a"))).rejects.toThrow("service-unavailable");
  expect([endpoints.all(), secrets.names()]).toEqual([[], []]);
});
