import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../digest.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { type AppendedFile, openForAppend } from "../files/appended-lines.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { writeStaged } from "../files/staged-write.ts";
import { type KernelResult, kernelResultSchema } from "../kernels/kernel-result.ts";
import { type BundledCase, bundledCaseSchema, bundleRemedy, readCase, verifiedText } from "./bundled-case.ts";
import { answeredRounds, type KernelAnswer, parseAnswers } from "./kernel-answer.ts";
import { problemDigest } from "./kernel-cases.ts";
import type { Measurement } from "./kernel-outcome.ts";
import { type Plan, planSchema } from "./plan.ts";

const bundleSchema = z.strictObject({
  format: z.literal(1),
  plan: planSchema,
  cases: z.array(bundledCaseSchema).max(10_000),
});

/**
 * Where the writing of kernels and their measurement meet: a folder with everything that either needs of the other. What
 * is added is on disk when the promise is fulfilled.
 */
export interface KernelBundle {
  readonly folder: string;
  readonly plan: Plan;
  /** Throws for a case that is not in it, which is a bug. */
  caseOf(digest: string): BundledCase;
  /** The last answer of each round that has one, in order, without a gap. */
  answers(key: string): readonly KernelAnswer[];
  /** The latest failed attempt, if no answer came after it. */
  failure(key: string): KernelAnswer | undefined;
  addAnswer(
    answer: KernelAnswer,
    texts: { reply: string | null; candidate: string | null; suffix: string },
  ): Promise<void>;
  reply(digest: string): Promise<string>;
  measurement(id: string): Measurement | undefined;
  addMeasurement(id: string, measurement: Measurement): Promise<void>;
  /** The result of a job in which two candidates were timed against each other. */
  duel(id: string): KernelResult | undefined;
  addDuel(id: string, result: KernelResult): Promise<void>;
  /** Absolute paths, for a job. A candidate whose text is not what its name says is refused. */
  problemPath(one: BundledCase): string;
  candidatePath(digest: string, suffix: string): Promise<string>;
  close(): Promise<void>;
}

const bundleFile = "bundle.json";
const answersFile = "answers.jsonl";

/**
 * Writes a bundle, or goes on with the one that is there: its answers and measurements are known by what they depend on,
 * and those that the plan still asks for are used again. Throws `Failure` (exit code 2) where it cannot be written.
 */
export async function createBundle(
  folder: string,
  plan: Plan,
  cases: readonly BundledCase[],
): Promise<KernelBundle> {
  const stored = {
    format: 1,
    plan,
    cases: cases.map(({ sha256: digest, problem, measuring }) => ({
      sha256: digest,
      problem: {
        name: problem.name,
        sha256: problemDigest(problem),
        files: [...problem.files.keys()].sort(),
      },
      measuring,
    })),
  };
  const content = `${JSON.stringify(bundleSchema.parse(stored), null, 2)}\n`;
  const files = cases.flatMap(({ problem }) =>
    [...problem.files].map(([name, text]) => ({
      path: join(folder, "problems", problemDigest(problem), name),
      content: text,
      root: folder,
    })),
  );
  await mkdir(folder, { recursive: true });
  await writeStaged([...files, { path: join(folder, bundleFile), content, root: folder }]);
  return openBundle(folder);
}

/** Opens a bundle, wherever it was written. Throws `Failure` (exit code 2) for one that is missing or damaged. */
export async function openBundle(folder: string, shown = folder): Promise<KernelBundle> {
  const text = await readFile(join(folder, bundleFile), "utf8").catch((error: unknown) => {
    throw usageFailure(`There is no bundle in ${shown}: ${reasonOf(error)}.`, bundleRemedy, error);
  });
  const stored = parsedJson(text, bundleSchema, {
    file: `${shown}/${bundleFile}`,
    kind: "a bundle",
    remedy: bundleRemedy,
  });
  const cases = new Map<string, BundledCase>();
  for (const one of stored.cases) cases.set(one.sha256, await readCase(one, folder, shown));
  const answers = parseAnswers(await readFile(join(folder, answersFile), "utf8").catch(() => ""));
  const measurements = await readResults(join(folder, "measurements"));
  const duels = await readResults(join(folder, "duels"));
  let file: AppendedFile | undefined;
  let queue: Promise<void> = Promise.resolve();

  async function append(
    answer: KernelAnswer,
    { reply, candidate, suffix }: { reply: string | null; candidate: string | null; suffix: string },
  ): Promise<void> {
    const texts = [];
    if (reply !== null) texts.push({ path: replyPath(sha256(reply)), content: reply, root: folder });
    if (candidate !== null) {
      const path = join(folder, "candidates", `${sha256(candidate)}${suffix}`);
      texts.push({ path, content: candidate, root: folder });
    }
    if (texts.length > 0) await writeStaged(texts);
    file ??= await openForAppend(join(folder, answersFile));
    await file.appendFile(`${JSON.stringify(answer)}\n`);
    await file.datasync();
  }

  function replyPath(digest: string): string {
    return join(folder, "replies", `${digest}.txt`);
  }

  async function keep(kind: "measurements" | "duels", id: string, result: KernelResult): Promise<void> {
    const content = `${JSON.stringify(kernelResultSchema.parse(result))}\n`;
    await writeStaged([{ path: join(folder, kind, `${id}.json`), content, root: folder }]);
  }

  return {
    folder,
    plan: stored.plan,
    caseOf(digest) {
      const one = cases.get(digest);
      if (one === undefined) throw new Error(`The bundle has no case ${digest}.`);
      return one;
    },
    answers: (key) => answeredRounds(answers.get(key) ?? []),
    failure(key) {
      const last = answers.get(key)?.at(-1);
      return last?.error === null ? undefined : last;
    },
    addAnswer(answer, texts) {
      const known = answers.get(answer.key);
      if (known) known.push(answer);
      else answers.set(answer.key, [answer]);
      queue = queue.then(() => append(answer, texts));
      return queue;
    },
    reply: (digest) => verifiedText(replyPath(digest), digest, shown),
    measurement: (id) => singleOf(measurements.get(id)),
    async addMeasurement(id, measurement) {
      await keep("measurements", id, measurement);
      measurements.set(id, measurement);
    },
    duel: (id) => duels.get(id),
    async addDuel(id, result) {
      await keep("duels", id, result);
      duels.set(id, result);
    },
    problemPath: ({ problem }) => join(folder, "problems", problemDigest(problem), problem.name),
    async candidatePath(digest, suffix) {
      const path = join(folder, "candidates", `${digest}${suffix}`);
      await verifiedText(path, digest, shown);
      return path;
    },
    async close() {
      await queue;
      await file?.close();
      file = undefined;
    },
  };
}

/** Results by the names of their files; what does not fit its schema is measured again. */
async function readResults(folder: string): Promise<Map<string, KernelResult>> {
  const results = new Map<string, KernelResult>();
  for (const name of await readdir(folder).catch(() => [])) {
    const [, id] = /^([0-9a-f]{64})\.json$/.exec(name) ?? [];
    if (id === undefined) continue;
    const result = resultIn(await readFile(join(folder, name), "utf8"));
    if (result !== undefined) results.set(id, result);
  }
  return results;
}

function resultIn(text: string): KernelResult | undefined {
  try {
    return kernelResultSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function singleOf(result: KernelResult | undefined): Measurement | undefined {
  const [one] = result?.results ?? [];
  return result === undefined || one === undefined ? undefined : { ...result, results: [one] };
}
