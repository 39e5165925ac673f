import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  allOperators,
  fencedKernel,
  goodKernel,
  kernelMark,
  slowKernel,
  writeKernelSkill,
  wrongKernel,
} from "../../test/kernel-problems.ts";
import { exampleRepository } from "./example-repository.ts";
import { type Script, serveModel } from "./scripted-model.ts";

/**
 * What the gate says of a change to a skill for kernels in C++, which are compiled, verified and timed on this machine's
 * CPU. Needs Python with NumPy, and g++.
 */
export async function kernelGate(cli: string): Promise<string> {
  await using server = await serveModel(script);
  await using repository = await exampleRepository(cli);
  const { folder, write, commit, git, overproof } = repository;
  await writeKernelSkill(folder, allOperators);
  const path = join(folder, "skills/kernel-skill/SKILL.md");
  const after = await readFile(path, "utf8");
  await write({
    ".gitignore": ".overproof/\n",
    "skills/kernel-skill/SKILL.md": after.replace(kernelMark, "Loops"),
    "overproof.yml": `evaluate:
  students: [openai:scripted-small@${server.url}]
  repeats: 1
kernels: { device: cpu, pairs: 3, seconds: 0.1, trials: 1, repair-rounds: 0, timing: true }
prices:
  date: 2026-11-21
  models:
    scripted-small: { input-per-million: 0.2, output-per-million: 0.8 }
`,
  });
  await commit("A skill for kernels");
  await git("checkout", "--quiet", "-b", "change");
  await writeFile(path, after);
  await commit("Say how to write the loop");
  await overproof("evaluate", "--changed", "--base", "main", "--seed", "7");
  return await overproof("gate", "--base", "main", "--dry-run", "--markdown");
}

/** Right and fast kernels with the changed skill; without it slow ones, wrong ones and none. */
const script: Script = (_model, text) => {
  const operator = allOperators.find((one) => text.includes(`the file \\"${one}.py\\"`));
  if (operator === undefined) throw new Error("A request asks for no operator.");
  if (text.includes(kernelMark)) return { content: fencedKernel(goodKernel(operator)), tokens: 260 };
  if (["square", "cube", "negate"].includes(operator)) {
    return { content: fencedKernel(slowKernel(operator)), tokens: 300 };
  }
  const isWrong = operator === "twice" || operator === "relu";
  return { content: isWrong ? fencedKernel(wrongKernel(operator)) : "I would rather not.", tokens: 240 };
};
