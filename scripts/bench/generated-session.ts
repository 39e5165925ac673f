import { closeSync, openSync, writeSync } from "node:fs";
import { randomFrom } from "./seeded-random.ts";

export type SessionFormat = "claude-code" | "codex";

/** What a reader finds in a generated session. */
export interface GeneratedCounts {
  tool_calls: number;
  failed_tool_calls: number;
}

const faults = [
  {
    error: `ValueError("arange's range must be a power of 2")`,
    fix: "BLOCK = triton.next_power_of_2(n)",
  },
  {
    error: "OutOfResources: out of resource: shared memory, Required: 294912, Hardware limit: 232448",
    fix: "num_stages=3",
  },
  { error: "RuntimeError: CUDA error: an illegal memory access was encountered", fix: "mask=offs < n" },
] as const;

/** Characters that are collected before they are written. */
const pieceLength = 4_000_000;

/**
 * Writes a made-up session of about `megabytes` million bytes: an agent that tests kernels, fails and fixes them, and
 * once prints a build log, which is one line of a quarter of the file. The same arguments give the same bytes.
 */
export function writeGeneratedSession(
  path: string,
  format: SessionFormat,
  megabytes: number,
): GeneratedCounts {
  const limit = megabytes * 1e6;
  const random = randomFrom(11);
  const say = format === "claude-code" ? claudeCode() : codex();
  const file = openSync(path, "w");
  const counts: GeneratedCounts = { tool_calls: 0, failed_tool_calls: 0 };
  let piece = "";
  try {
    let written = put(say.start("Tune every kernel of the repository until the benchmarks pass."));
    let hasLongLine = false;
    while (written < limit) {
      const kernel = Math.floor(random() * 5000);
      const { error, fix } = faults[kernel % faults.length] ?? faults[0];
      const repair = `sed -i 's/OLD/${fix}/' k${kernel}.py && python test.py --kernel k${kernel}`;
      written += call(
        `python test.py --kernel k${kernel}`,
        `Kernel k${kernel} next.`,
        compilerLog(2000) + error,
        1,
      );
      written += call(repair, fix, `${compilerLog(1500)}PASS`, 0);
      if (hasLongLine || written < limit / 2) continue;
      hasLongLine = true;
      written += longCall(limit / 4);
    }
    flush();
  } finally {
    closeSync(file);
  }
  return counts;

  function call(command: string, words: string, output: string, exitCode: number): number {
    const id = nextId(exitCode);
    return put(say.call(id, command, words)) + put(say.result(id, output, exitCode));
  }

  /** The line is written in pieces: it may be longer than a string should be. */
  function longCall(length: number): number {
    const id = nextId(0);
    let written = put(say.call(id, "cat build.log", "The whole build log."));
    const mark = "@log@";
    const [head = "", tail = ""] = say.result(id, mark, 0).split(mark);
    written += put(head);
    for (const end = written + length; written < end;)
      written += put(JSON.stringify(compilerLog(100_000)).slice(1, -1));
    return written + put(tail);
  }

  function nextId(exitCode: number): string {
    counts.tool_calls += 1;
    if (exitCode !== 0) counts.failed_tool_calls += 1;
    return `call_${String(counts.tool_calls).padStart(8, "0")}`;
  }

  function compilerLog(length: number): string {
    let text = "";
    while (text.length < length) {
      const [registers, spilled, kernel] = [255, 99, 10_000].map((below) => Math.floor(random() * below));
      text += `ptxas info    : Used ${registers} registers, ${spilled} bytes spill stores, kernel_${kernel}\n`;
    }
    return text;
  }

  function put(text: string): number {
    piece += text;
    if (piece.length >= pieceLength) flush();
    return text.length;
  }

  function flush(): void {
    writeSync(file, piece);
    piece = "";
  }
}

interface Voice {
  start(words: string): string;
  call(id: string, command: string, words: string): string;
  result(id: string, output: string, exitCode: number): string;
}

const cwd = "/home/dev/kernels";
const session = "00000000-0000-4000-a000-00000000b16b";

function claudeCode(): Voice {
  const clock = clockFrom("2026-09-01T00:00:00Z");
  let number = 0;
  let parent: string | null = null;
  const line = (type: string, more: object): string => {
    number += 1;
    const uuid = `00000000-0000-4000-a000-${number.toString(16).padStart(12, "0")}`;
    const entry = {
      parentUuid: parent,
      isSidechain: false,
      cwd,
      sessionId: session,
      version: "2.1.187",
      type,
      ...more,
    };
    parent = uuid;
    return `${JSON.stringify({ ...entry, uuid, timestamp: clock() })}\n`;
  };
  return {
    start: (words) => line("user", { message: { role: "user", content: words } }),
    call: (id, command, words) => {
      const content = [
        { type: "text", text: words },
        { type: "tool_use", id, name: "Bash", input: { command } },
      ];
      const usage = { input_tokens: 1000, output_tokens: 50 };
      return line("assistant", {
        message: { id: `msg_${id}`, role: "assistant", model: "claude-opus-4-5", content, usage },
      });
    },
    result: (id, output, exitCode) => {
      const failed = exitCode !== 0;
      const text = failed ? `Exit code ${exitCode}\n${output}` : output;
      const content = [{ type: "tool_result", tool_use_id: id, content: text, is_error: failed }];
      return line("user", { message: { role: "user", content } });
    },
  };
}

function codex(): Voice {
  const clock = clockFrom("2026-09-01T00:00:00Z");
  const line = (type: string, payload: object): string =>
    `${JSON.stringify({ timestamp: clock(), type, payload })}\n`;
  const message = (role: string, type: string, text: string): string =>
    line("response_item", { type: "message", role, content: [{ type, text }] });
  return {
    start: (words) =>
      line("session_meta", {
        id: session,
        timestamp: clock(),
        cwd,
        originator: "codex_cli_rs",
        cli_version: "0.149.0",
      }) + message("user", "input_text", words),
    call: (id, command, words) =>
      message("assistant", "output_text", words) +
      line("response_item", {
        type: "function_call",
        name: "exec_command",
        arguments: JSON.stringify({ cmd: command }),
        call_id: id,
      }),
    result: (id, output, exitCode) =>
      line("response_item", {
        type: "function_call_output",
        call_id: id,
        output: `Wall time: 1.0 seconds\nProcess exited with code ${exitCode}\nOutput:\n${output}`,
      }),
  };
}

/** Two seconds pass between one line and the next. */
function clockFrom(start: string): () => string {
  let time = Date.parse(start);
  return () => {
    time += 2000;
    return new Date(time).toISOString();
  };
}
