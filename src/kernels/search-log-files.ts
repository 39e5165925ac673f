import { baselineTimes, type CandidateResult, type KernelResult } from "./kernel-result.ts";
import { verdictWords } from "./verdict-words.ts";

/** One version of a kernel, as somebody wrote it on the way to a faster one. */
export interface KernelVersion {
  source: string;
  /** With the point. */
  ending: string;
  /** The version that it was made from, as an index of the run; null for a first one. */
  parent: number | null;
  result: CandidateResult;
}

export interface SearchRun {
  op: string;
  /** Text of the problem. */
  problem: string;
  versions: readonly KernelVersion[];
  /** The job that measured all of them. */
  job: KernelResult;
}

/** A task is one version that came out correct, with the failed attempts that it was corrected from. */
interface Attempt {
  version: KernelVersion;
  task: string;
  /** Folder of the attempt. */
  folder: string;
  step: number;
  /** Of the task: the one it was derived from, or an empty text, and its distance from a first one. */
  parent: string;
  generation: number;
}

/** AKG's coder and verifier take turns: its verifications are steps 2, 5, 8 of a task. */
const firstStep = 2;
const stepsBetween = 3;

/**
 * A run of versions as AKG's search writes it (`KernelVerifier` and its lineage graph): the texts of its files by their
 * paths below the log folder. Versions that failed stay in the records, and only those that are correct have a line in the
 * graph and a time. Reads back with `readAkgLog`.
 */
export function searchLogFiles(run: SearchRun): Map<string, string> {
  const { op, problem, job } = run;
  const attempts = attemptsOf(run);
  const dsl = dslName(run);
  const files = new Map<string, string>();
  const records = attempts.map(({ version, task, step, folder }) => {
    const { verdict, reasons } = version.result;
    const isCorrect = verdict === "correct";
    return JSON.stringify(
      {
        task_name: op,
        task_id: task,
        step,
        verify_dir: `${op}/${folder}`,
        passed: isCorrect,
        error_log: isCorrect ? "" : reasons.length === 0 ? verdict : verdictWords(version.result),
        timestamp: job.finished,
        framework: job.device.backend === "torch" ? "torch" : "numpy",
        dsl,
        backend: job.device.kind,
        arch: archName(job.device.name),
      },
      null,
      2,
    );
  });
  files.set("verification_results.jsonl", `${records.join("\n\n")}\n`);
  files.set(`${op}_lineage_graph.md`, lineageGraph(op, attempts));
  files.set(`${op}/profiling/speed_up_record.txt`, speedups(op, attempts));
  for (const { version, folder } of attempts) {
    files.set(`${op}/${folder}/${op}_${dsl}_impl${version.ending}`, version.source);
    files.set(`${op}/${folder}/${op}_${job.device.backend === "torch" ? "torch" : "numpy"}.py`, problem);
    const result = { ...job, results: [version.result], versus: [] };
    files.set(`${op}/${folder}/kernel-result.json`, `${JSON.stringify(result, null, 1)}\n`);
  }
  return files;
}

function attemptsOf({ versions }: SearchRun): Attempt[] {
  const attempts: Attempt[] = [];
  for (const [index, version] of versions.entries()) {
    const from = version.parent === null ? undefined : attempts[version.parent];
    // What corrects a failed version goes on with its task.
    const goesOn = from !== undefined && from.version.result.verdict !== "correct";
    const generation = from === undefined ? 0 : goesOn ? from.generation : from.generation + 1;
    const task = goesOn ? from.task : `_${generation === 0 ? "Init" : `Gen${generation}`}_Task${index + 1}`;
    const earlier = attempts.filter((one) => one.task === task).length;
    const step = firstStep + stepsBetween * earlier;
    attempts.push({
      version,
      task,
      step,
      folder: `Iteration${task}_Step${String(step).padStart(2, "0")}_verify`,
      parent: from === undefined ? "" : goesOn ? from.parent : from.task,
      generation,
    });
  }
  return attempts;
}

function lineageGraph(op: string, attempts: readonly Attempt[]): string {
  const correct = attempts.filter(({ version }) => version.result.verdict === "correct");
  const timed = correct
    .map((attempt) => ({ attempt, us: microseconds(attempt) }))
    .sort((a, b) => (a.us ?? Infinity) - (b.us ?? Infinity));
  const tasks = new Set(attempts.map(({ task }) => task)).size;
  const children = (task: string): number => correct.filter(({ parent }) => parent === task).length;
  const rows = timed.map(({ attempt: { task, generation, parent, version }, us }) => {
    const time = us === undefined ? "-" : `${us.toFixed(2)}us`;
    const speedup = version.result.speedup === null ? "-" : `${version.result.speedup.median.toFixed(2)}x`;
    const cells = [task, generation === 0 ? "initial" : `G${generation}`, time, speedup, parent || "-"];
    return `| ${[...cells, String(children(task))].join(" | ")} |`;
  });
  const edges = correct
    .filter(({ parent }) => parent !== "")
    .map(({ parent, task }) => `    ${parent} --> ${task}`);
  return `${[
    `# Task Lineage Graph - ${op}`,
    "",
    "```mermaid",
    "flowchart TB",
    ...correct.map(({ task }) => `    ${task}["${task}"]`),
    ...edges,
    "```",
    "",
    "| Task ID | Generation | gen_time | speedup | Parent | Selected |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    `- **Submitted**: ${tasks} | **Succeeded**: ${correct.length} | **Failed**: ${tasks - correct.length}`,
  ].join("\n")}\n`;
}

function speedups(op: string, attempts: readonly Attempt[]): string {
  return attempts
    .flatMap(({ version: { result }, task, folder }) => {
      const { times, speedup } = result;
      if (times === null || speedup === null) return [];
      const base = baselineTimes(times, speedup.against);
      return [
        `op_name: ${op}, task_id: ${task}, unique_dir: ${folder}, base_time: ${(base.median_ms * 1000).toFixed(6)} us, generation_time: ${(times.candidate.median_ms * 1000).toFixed(6)} us, speedup: ${speedup.median.toFixed(6)}x\n`,
      ];
    })
    .join("");
}

function microseconds({ version }: Attempt): number | undefined {
  const { times } = version.result;
  return times === null ? undefined : times.candidate.median_ms * 1000;
}

/** AKG's words for what a kernel is written in. */
const dslNames: Partial<Record<CandidateResult["dsl"], string>> = {
  triton: "triton_cuda",
  cuda: "cuda_c",
  abi: "cpp",
};

/** One log has one DSL: that of its last version. */
function dslName({ versions }: SearchRun): string {
  const dsl = versions.at(-1)?.result.dsl ?? "python";
  return dslNames[dsl] ?? dsl;
}

function archName(device: string): string {
  const known = /\b(h100|h200|a100|b200|l40s|l4|v100)\b/i.exec(device)?.[1];
  return (known ?? device.replaceAll(/[^A-Za-z0-9]+/g, "_").slice(0, 60)).toLowerCase();
}
