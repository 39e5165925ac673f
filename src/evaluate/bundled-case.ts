import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../digest.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import {
  kernelDigest,
  type KernelProblem,
  type Measuring,
  measuringSchema,
  problemDigest,
  problemName,
} from "./kernel-cases.ts";
import { kernelPrompt } from "./kernel-prompt.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** A kernel case as it travels: the texts of its problem lie in `problems/<digest>/`. */
export const bundledCaseSchema = z.strictObject({
  /** Of the planned case. */
  sha256: sha,
  problem: z.strictObject({ name: problemName, sha256: sha, files: z.array(problemName).min(1).max(21) }),
  measuring: measuringSchema,
});

export const bundleRemedy = "Name a folder that overproof evaluate --generate-only wrote.";

export interface BundledCase {
  sha256: string;
  problem: KernelProblem;
  measuring: Measuring;
}

/** How the file of a candidate ends; the harness tells C++ by it. */
export function suffixOf({ dsl }: Measuring): string {
  return dsl === "abi" ? ".cpp" : ".py";
}

/** Names a measurement by all that it depends on, but for the machine. */
export function measurementId({ problem, measuring }: BundledCase, candidate: string): string {
  // How often a student may try again changes nothing about a kernel.
  const measured = { ...measuring, rounds: 0 };
  return sha256(JSON.stringify([problemDigest(problem), sortedEntries(measured), candidate]));
}

/** Names a comparison of two candidates in the same way. */
export function duelId(one: BundledCase, subject: string, reference: string): string {
  return sha256(JSON.stringify([measurementId(one, subject), measurementId(one, reference)]));
}

function sortedEntries(record: object): unknown {
  return Object.entries(record)
    .map(([key, value]): [string, unknown] => [
      key,
      typeof value === "object" && value !== null ? sortedEntries(value) : value,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Reads the texts of a case and holds them against its digest, which says what was asked and how it is measured. Throws
 * `Failure` (exit code 2) where they do not fit.
 */
export async function readCase(
  { sha256: digest, problem, measuring }: z.infer<typeof bundledCaseSchema>,
  folder: string,
  shown: string,
): Promise<BundledCase> {
  const files = new Map<string, string>();
  for (const name of problem.files) {
    const text = await readFile(join(folder, "problems", problem.sha256, name), "utf8").catch(
      (error: unknown) => {
        throw usageFailure(`The bundle ${shown} lacks a problem: ${reasonOf(error)}.`, bundleRemedy, error);
      },
    );
    files.set(name, text);
  }
  const found: BundledCase = { sha256: digest, problem: { name: problem.name, files }, measuring };
  const prompt = kernelPrompt(problem.name, measuring);
  if (problemDigest(found.problem) !== problem.sha256 || kernelDigest(prompt, found) !== digest) {
    throw usageFailure(
      `The problem ${problem.name} of the bundle ${shown} is not the one that was asked about.`,
      "Write the bundle again.",
    );
  }
  return found;
}

/** A text of a bundle that is named by its digest. Throws `Failure` (exit code 2) where it is missing or another one. */
export async function verifiedText(path: string, digest: string, shown: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw usageFailure(
      `The bundle ${shown} lacks a text: ${reasonOf(error)}.`,
      "Write the bundle again.",
      error,
    );
  });
  if (sha256(text) === digest) return text;
  throw usageFailure(
    `The text ${digest.slice(0, 12)} of the bundle ${shown} was changed since it was stored.`,
    "Write the bundle again.",
  );
}
