import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const earlier = join(import.meta.dirname, "fixtures/akg/search_log/linear-chain/input/logs");

/** The log of `linear-chain` again, with other times and one more version: known lessons and a new one. */
export async function laterLog(folder: string): Promise<string> {
  const logs = join(folder, "later", "logs");
  await cp(earlier, logs, { recursive: true });
  const record = join(logs, "relu", "profiling", "speed_up_record.txt");
  const times = (await readFile(record, "utf8")).replaceAll(
    /generation_time: (\d+)/g,
    (_, us: string) => `generation_time: ${Number(us) + 3}`,
  );
  const task = "_Gen5_Task7";
  const line = `op_name: relu, task_id: ${task}, unique_dir: Iteration${task}_Step02_verify, base_time: 50.630000 us, generation_time: 30.000000 us, speedup: 1.687667x\n`;
  await writeFile(record, times.trimEnd() + `\n${line}`);
  const from = join(logs, "relu", "Iteration_Gen4_Task5_Step02_verify", "relu_triton_cuda_impl.py");
  const to = join(logs, "relu", `Iteration${task}_Step02_verify`);
  await mkdir(to, { recursive: true });
  const code = (await readFile(from, "utf8")).replace(
    "num_warps=4",
    "num_warps=4,\n            num_stages=3",
  );
  await writeFile(join(to, "relu_triton_cuda_impl.py"), code);
  const records = join(logs, "verification_results.jsonl");
  const text = await readFile(records, "utf8");
  const last = text.slice(text.lastIndexOf("{")).replaceAll("_Gen5_Task6", task);
  await writeFile(records, `${text.trimEnd()}\n\n${last}`);
  const graph = join(logs, "relu_lineage_graph.md");
  const row = `| ${task} | G5 | 30.00us | 1.69x | _Gen4_Task5 | 0 |\n`;
  await writeFile(
    graph,
    (await readFile(graph, "utf8")).replace("| _Gen4_Task5 | G4", `${row}| _Gen4_Task5 | G4`),
  );
  return logs;
}
