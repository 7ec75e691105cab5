import * as z from "zod";
import { mulberry32 } from "../../support/seeded-ids.ts";
import { type BankId, WRONG_LOGIN } from "./bank.ts";
import type { FaultyWorld, Seen } from "./world.ts";

/** Part of every login and answer of these users, and of nothing else. */
export const CANARY = "canary-";
const MINUTE_MS = 60_000;
const AGAIN_MS = 3_000;
/** Clients give up after this many tries: a service may be away for ten minutes. */
const MOST_TRIES = 400;
const MOST_READS = 4_000;

const idIn = z.object({ id: z.string() });
const shownJob = z.object({
  steps: z.array(z.object({ title: z.string(), status: z.string(), result: z.unknown() })),
  links: z.object({ source: z.optional(z.string()) }),
});
type Shown = z.infer<typeof shownJob>;

/** What a user does after the create. */
const KINDS = [
  { name: "a plain job", bank: "AU00000" },
  { name: "a plain job without an Idempotency-Key", bank: "AU00000" },
  { name: "a plain job that is created twice at the same time with one key", bank: "AU00000" },
  { name: "a job whose login is refused", bank: "AU00000" },
  { name: "a job that is refreshed", bank: "AU00000" },
  { name: "a job that is cancelled", bank: "AU00000" },
  { name: "a job whose challenge is answered", bank: "AU00002" },
  { name: "a job whose challenge is answered twice at the same time", bank: "AU00002" },
  { name: "a job whose challenge nobody answers", bank: "AU00002" },
  { name: "a job that is cancelled at its challenge", bank: "AU00002" },
  { name: "a job that waits for a bank that is down", bank: "AU00101" },
  { name: "a job that waits and is cancelled", bank: "AU00101" },
  { name: "a job that waits and is resumed", bank: "AU00101" },
  { name: "a job that a bank fails", bank: "AU00102" },
] as const satisfies readonly { name: string; bank: BankId }[];
export type KindName = (typeof KINDS)[number]["name"];

export interface User {
  readonly id: string;
  readonly kind: KindName;
  /** The jobs that replies have named. */
  readonly told: Set<string>;
  isDone: boolean;
}

/** Users who come one after the other within `withinMs`, each with a job. */
export function users(world: FaultyWorld, count: number, seed: number, withinMs: number): User[] {
  const random = mulberry32(seed + 13);
  return Array.from({ length: count }, (_, index) => {
    const { name: kind, bank } = KINDS[index % KINDS.length] ?? KINDS[0];
    const user: User = { id: `user-${seed}-${index}`, kind, told: new Set(), isDone: false };
    world.time.after(random() * withinMs, () => {
      void live(world, user, bank).finally(() => {
        user.isDone = true;
      });
    });
    return user;
  });
}

async function live(world: FaultyWorld, user: User, bank: BankId): Promise<void> {
  const { time, random } = world;
  const { kind } = user;
  const isWrong = kind === "a job whose login is refused";
  const login = {
    loginId: `${isWrong ? WRONG_LOGIN : ""}${CANARY}${user.id}`,
    password: `${CANARY}${user.id}-p`,
  };
  const key = kind.includes("without an Idempotency-Key") ? undefined : `key-${user.id}`;
  const creating = () => begin(world, user, () => world.create(user.id, bank, login, key));
  const [jobId] = await Promise.all([creating(), ...(kind.includes("created twice") ? [creating()] : [])]);
  if (jobId === undefined) return;
  if (kind.includes("cancelled") && !kind.includes("challenge")) {
    await time.sleep(random() * (bank === "AU00101" ? 90 : 0.2) * MINUTE_MS);
    await insist(world, () => world.cancel(jobId));
  }
  if (kind.includes("resumed")) {
    for (let times = 0; times < 3; times++) {
      await time.sleep(random() * 60 * MINUTE_MS);
      await insist(world, () => world.resume(jobId));
    }
  }
  const isAsking = ({ steps }: Shown) =>
    steps.some(
      ({ title, status, result }) => title === "mfa-challenge" && status === "in-progress" && result !== null,
    );
  if (bank === "AU00002") {
    const asked = await follow(world, jobId, (job) => isOver(job) || isAsking(job));
    if (asked !== undefined && isAsking(asked)) await atChallenge(world, user, jobId);
  }
  const ended = await follow(world, jobId, isOver);
  const source = ended?.links.source?.split("/").at(-1);
  if (kind !== "a job that is refreshed" || source === undefined) return;
  const refreshed = await begin(world, user, () => world.refresh(user.id, source, `again-${user.id}`));
  if (refreshed !== undefined) await follow(world, refreshed, isOver);
}

async function atChallenge(world: FaultyWorld, { kind, id }: User, jobId: string): Promise<void> {
  if (kind.includes("nobody answers")) return;
  await world.time.sleep(world.random() * 15_000);
  const answering = () => insist(world, () => world.answer(jobId, [`${CANARY}${id}-a`]));
  if (kind.includes("cancelled")) await insist(world, () => world.cancel(jobId));
  else await Promise.all([answering(), ...(kind.includes("twice") ? [answering()] : [])]);
}

/** Requests a job until a reply names it. */
async function begin(
  world: FaultyWorld,
  { told }: User,
  send: () => Promise<Seen>,
): Promise<string | undefined> {
  const reply = await insist(world, send);
  if (reply.status !== 202 && reply.status !== 200) return undefined;
  const { id } = idIn.parse(JSON.parse(reply.body));
  told.add(id);
  return id;
}

/** The first reply below 500. Repeats after some seconds. */
async function insist({ time, random }: FaultyWorld, send: () => Promise<Seen>): Promise<Seen> {
  for (let tries = 1; ; tries++) {
    const reply = await send();
    if ((reply.status < 500 && reply.status !== 429) || tries === MOST_TRIES) return reply;
    await time.sleep((1 + random()) * AGAIN_MS);
  }
}

/** Reads a job until it is as wanted: often at first, later every few minutes. */
async function follow(
  world: FaultyWorld,
  jobId: string,
  isAsWanted: (job: Shown) => boolean,
): Promise<Shown | undefined> {
  let pauseMs = AGAIN_MS;
  for (let reads = 0; reads < MOST_READS; reads++) {
    const reply = await insist(world, () => world.get(jobId));
    if (reply.status !== 200) return undefined;
    const job = shownJob.parse(JSON.parse(reply.body));
    if (isAsWanted(job)) return job;
    await world.time.sleep(pauseMs);
    if (reads > 20) pauseMs = Math.min(1.3 * pauseMs, 10 * MINUTE_MS);
  }
  return undefined;
}

function isOver({ steps }: Shown): boolean {
  const isFailed = steps.some(({ status }) => status === "failed");
  return isFailed || steps.every(({ status }) => status === "success" || status === "skipped");
}
