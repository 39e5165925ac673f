import { join } from "node:path/posix";
import { z } from "zod";
import { parsedJson } from "../files/parsed-json.ts";
import { caseId } from "./case-id.ts";

export const kernelsFile = "evals/kernels.json";

const kernelSuiteSchema = z.looseObject({
  kernels: z.array(
    z.looseObject({
      id: z.string().min(1).max(200),
      problem: z.string().max(400),
      files: z.array(z.string().max(400)).exactOptional(),
    }),
  ),
});
export type KernelList = z.infer<typeof kernelSuiteSchema>["kernels"];

/** Parses what a merge has to know of `evals/kernels.json`. Throws `Failure` (exit code 2). */
export function parseKernelList(text: string, file: string): KernelList {
  const remedy = "Write a list `kernels` of objects with `id`, `problem` and `dsl`.";
  return parsedJson(text, kernelSuiteSchema, { file, kind: "a file of kernel cases", remedy }).kernels;
}

/** One `evals/kernels.json` of several skills' cases. */
export function unitedKernels(
  lists: readonly { skill: string; kernels: KernelList }[],
  survivor: string,
  moved: ReadonlyMap<string, ReadonlyMap<string, string>>,
): string {
  const kernels = lists.flatMap(({ skill, kernels: own }) => {
    const placed = (path: string): string => {
      const now = moved.get(skill)?.get(join("evals", path));
      return now === undefined ? path : now.replace(/^evals\//, "");
    };
    return own.map((one) => ({
      ...one,
      id: caseId(skill, one.id),
      problem: placed(one.problem),
      ...(one.files === undefined ? {} : { files: one.files.map(placed) }),
    }));
  });
  return `${JSON.stringify({ skill_name: survivor, kernels }, null, 2)}\n`;
}
