import { readdir, readFile } from "node:fs/promises";
import { groupBy } from "../group-by.ts";
import { join } from "node:path";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import type { Caller, PaidReply } from "./call.ts";
import { promptDigest } from "./call.ts";
import { recordSchema, recordsFile } from "./recording.ts";

interface RecordedCall {
  digest: string | null;
  outcome: PaidReply | { error: string };
}

export interface Replay {
  caller: Caller;
  /**
   * Whether a question may be asked a second time: a recording of ours holds the second call where there was one;
   * in a plain list of answers the next one belongs to the next question.
   */
  asksAgain: boolean;
}

/**
 * Answers from a folder: a recording (`llm_calls.jsonl` and what it names), the `llm_response.txt`,
 * `llm_response_02.txt`, … of an earlier workspace, or answers `00.txt`, `01.txt`, … in call order. A recorded answer
 * is given to the prompt it was recorded for, with its usage, cost and time, so that a replayed run equals the
 * recorded one; nothing is charged. Throws `Failure` (exit code 2) where the folder is no recording, and from the
 * calls where it holds no answer for one.
 */
export async function openReplay(folder: string): Promise<Replay> {
  const recorded = await readRecording(folder);
  const waiting = groupBy(recorded, ({ digest }) => digest);
  let calls = 0;
  let given = 0;
  const caller: Caller = async (call) => {
    calls += 1;
    const what = `call ${calls} ("${call.purpose}")`;
    const found = waiting.get(promptDigest(call.system, call.prompt))?.shift() ?? waiting.get(null)?.shift();
    if (found === undefined) {
      throw given === recorded.length
        ? usageFailure(
            `The recording in ${folder} holds ${recorded.length} answers, and ${what} needs one more.`,
            "Replay it with the input it was recorded with, or record it again.",
          )
        : usageFailure(
            `The recording in ${folder} holds no answer to the prompt of ${what}: it was recorded for other prompts.`,
            "Replay it with the input and the version it was recorded with, or record it again.",
          );
    }
    given += 1;
    if ("error" in found.outcome) {
      throw new Failure(`The recording in ${folder} holds no answer to ${what}: ${found.outcome.error}`, {
        remedy: "Record it again with a model that answers.",
        exitCode: 3,
      });
    }
    return found.outcome;
  };
  return { caller, asksAgain: recorded.some(({ digest }) => digest !== null) };
}

async function readRecording(folder: string): Promise<RecordedCall[]> {
  try {
    const names = await readdir(folder);
    if (names.includes(recordsFile)) {
      return await readRecords(folder);
    }
    const numbered = inNumberOrder(names, /^(\d+)\.txt$/);
    const answers =
      numbered.length > 0 ? numbered : inNumberOrder(names, /^llm_response(?:_(\d{2,}))?\.txt$/);
    if (answers.length > 0) {
      return await Promise.all(answers.map(async (name) => plainAnswer(await readText(folder, name))));
    }
  } catch (error) {
    if (error instanceof Failure) {
      throw error;
    }
    throw usageFailure(
      `The recording in ${folder} cannot be read: ${reasonOf(error)}.`,
      "Write replay:DIR with the folder of a recording.",
      error,
    );
  }
  throw usageFailure(
    `The folder ${folder} holds no recorded answers.`,
    `Write replay:DIR with a folder that holds ${recordsFile}, or answers named 00.txt, 01.txt and so on.`,
  );
}

async function readRecords(folder: string): Promise<RecordedCall[]> {
  const lines = (await readText(folder, recordsFile)).split("\n");
  const recorded: RecordedCall[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() !== "") {
      recorded.push(await readRecord(folder, line, index + 1));
    }
  }
  return recorded;
}

async function readRecord(folder: string, line: string, number: number): Promise<RecordedCall> {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    data = undefined;
  }
  const parsed = recordSchema.safeParse(data);
  if (!parsed.success) {
    throw usageFailure(
      `Line ${number} of ${join(folder, recordsFile)} is not the record of a call.`,
      "Record it again, or take the file away to replay the answers in call order.",
    );
  }
  const record = parsed.data;
  const digest = record.prompt_sha256;
  if (record.answer_file === null) {
    return { digest, outcome: { error: record.error ?? "the call failed." } };
  }
  return {
    digest,
    outcome: {
      text: await readText(folder, record.answer_file),
      model: record.model ?? "replay",
      usage: {
        inputTokens: record.input_tokens,
        outputTokens: record.output_tokens,
        cachedInputTokens: record.cached_input_tokens,
      },
      stop: record.stop ?? "complete",
      costUsd: record.cost_usd,
      latencyMs: record.latency_ms,
    },
  };
}

function plainAnswer(text: string): RecordedCall {
  const usage = { inputTokens: null, outputTokens: null, cachedInputTokens: null };
  return {
    digest: null,
    outcome: { text, model: "replay", usage, stop: "complete", costUsd: null, latencyMs: 0 },
  };
}

function inNumberOrder(names: string[], pattern: RegExp): string[] {
  return names
    .flatMap((name) => {
      const found = pattern.exec(name);
      return found === null ? [] : [{ name, number: Number(found[1] ?? 1) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ name }) => name);
}

function readText(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), "utf8");
}
