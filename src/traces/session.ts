import type { JsonValue } from "./json-value.ts";

/** The formats of agent sessions, by the names that `traces.json` uses. */
export const formatNames = [
  "claude-code-jsonl",
  "codex-rollout",
  "codex-exec-jsonl",
  "atif",
  "openai-chat-messages",
  "openai-responses",
  "anthropic-messages",
  "otel-genai",
  "swe-agent-traj",
  "mini-swe-agent-traj",
  "markdown",
  "gemini-cli",
  "copilot-events",
  "openhands-trajectory",
  "openhands-conversation",
  "fast-agent-history",
  "opencode-export",
  "hf-session-trace-simple",
  "pi-session",
] as const;
export type FormatName = (typeof formatNames)[number];

/** Where something stands in a trace. Lines start at 1; in a document that is one JSON value they are its lines. */
export interface Origin {
  /** Relative to the trace, with slashes. */
  file: string;
  line_from: number;
  line_to: number;
}

export const callKinds = [
  "shell",
  "write",
  "edit",
  "read",
  "search",
  "fetch",
  "delegate",
  "plan",
  "other",
] as const;
export type CallKind = (typeof callKinds)[number];

/** What a tool answered. `null` means that the format does not say. */
export interface CallResult {
  text: string;
  exitCode: number | null;
  /** Whether the call failed, by the format's own mark, its exit code or its text; see `call-result.ts`. */
  isError: boolean | null;
  /** Whether the text is a part of what the tool answered. */
  isCut: boolean;
  durationMs: number | null;
  origin: Origin;
}

/** One call of a tool by the agent. */
export interface Call {
  id: string;
  tool: string;
  arguments: Record<string, JsonValue>;
  kind: CallKind;
  /** The command line of a shell call. */
  command: string | null;
  cwd: string | null;
  /** Files that it reads, writes or edits, as the trace names them; never opened. */
  paths: string[];
  /** What it changes, as a unified diff without comments on position where the format has none. */
  patch: string | null;
  result: CallResult | null;
  origin: Origin;
}

/** Tokens as the provider counted them; `input` includes the cached ones. */
export interface Usage {
  input: number;
  cachedInput: number;
  output: number;
  costUsd: number | null;
}

/** One turn of a session: words, and for the agent the calls it made with their results. */
export interface Step {
  /** Which conversation of the file, from 0. */
  conversation: number;
  /** `user` only for words of the person; what a harness puts into a user's message is `system`. */
  source: "user" | "agent" | "system";
  /** ISO date and time. */
  timestamp: string | null;
  text: string;
  reasoning: string;
  model: string | null;
  calls: Call[];
  usage: Usage | null;
  /** Told again: the summary of a compaction, or history that was replayed. It happened earlier. */
  isCopied: boolean;
  /** Name or id of the sub-agent that did it; null for the session's own agent. */
  subagent: string | null;
  /** `abandoned` when the person went back before it. */
  branch: "active" | "abandoned";
  origin: Origin;
}

/** What a session says about itself. Readers report what they find; later values replace earlier ones. */
export interface SessionFacts {
  /** For example `ATIF-v1.7`, or the dialect of a transcript. */
  variant?: string;
  sessionId?: string;
  agent?: string;
  agentVersion?: string;
  cwd?: string;
  /** As the harness recorded it: `submitted`, `resolved`, a verifier's word. */
  exitStatus?: string;
  /** The change that was handed in, as a diff. */
  submission?: string;
}

/** What a session says that it took as a whole. */
export interface SessionTotals {
  usage: Usage | null;
  /** US dollars. */
  costUsd: number | null;
}

/** Where a reader reports what is not a step. */
export interface SessionSink {
  facts(facts: SessionFacts): void;
  /** A line or record that could not be used; it is counted and the reading goes on. */
  damage(line: number, reason: string): void;
  /** Skills that were in force, by name. */
  skill(name: string): void;
  compaction(): void;
  /** For those who ask; later totals replace earlier ones. */
  totals?(totals: SessionTotals): void;
}

/** One value of a JSON-lines file; `lineTo` differs from `line` only where a value takes several lines. */
export interface JsonLine {
  value: Record<string, JsonValue>;
  line: number;
}

/**
 * A trace file as readers see it. Each method may be called again: reading starts anew. Strings longer than a bound
 * come with their middle cut out, so that no line of any length takes more memory than that.
 */
export interface SessionFile {
  /** Relative to the trace, with slashes. */
  file: string;
  /** The objects of a JSON-lines file. Lines that are none are reported to the sink on the first reading only. */
  lines(): AsyncIterable<JsonLine>;
  /** The whole file as one JSON value; undefined where it is none. Limited to 64 MiB. */
  document(): Promise<JsonValue | undefined>;
  /** The lines of a text, without their ends. */
  text(): AsyncIterable<{ text: string; line: number }>;
  /** The line of a document where the value at a path begins, such as `["steps", 3]`; 1 where it is not known. */
  lineOf(path: readonly (string | number)[]): number;
}

/** Reads one format. Steps come in file order, calls with the results that the file holds for them. */
export type SessionReader = (file: SessionFile, sink: SessionSink) => AsyncIterable<Step>;
