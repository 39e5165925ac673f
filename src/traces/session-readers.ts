import { readAnthropicMessages } from "./anthropic-messages.ts";
import { readAtif } from "./atif.ts";
import { readChatMessages } from "./chat-messages.ts";
import { readClaudeCode } from "./claude-code.ts";
import { readCodexExec } from "./codex-exec.ts";
import { readCodexRollout } from "./codex-rollout.ts";
import { readCopilotEvents } from "./copilot-events.ts";
import { readFastAgent } from "./fast-agent.ts";
import { readGeminiCli } from "./gemini-cli.ts";
import { readMarkdownTranscript } from "./markdown-transcript.ts";
import { readMiniSweAgent } from "./mini-swe-agent.ts";
import { readOpencodeExport } from "./opencode-export.ts";
import { readOpenHandsConversation } from "./openhands-conversation.ts";
import { readOpenHandsTrajectory } from "./openhands-trajectory.ts";
import { readOtelGenai } from "./otel-genai.ts";
import { readPiSession } from "./pi-session.ts";
import { readResponsesApi } from "./responses-api.ts";
import { readSessionTraceSimple } from "./session-trace-simple.ts";
import { readSweAgent } from "./swe-agent.ts";
import type { FormatName, SessionReader } from "./session.ts";

/** The reader of each format. */
export const sessionReaders: Record<FormatName, SessionReader> = {
  "claude-code-jsonl": readClaudeCode,
  "codex-rollout": readCodexRollout,
  "codex-exec-jsonl": readCodexExec,
  atif: readAtif,
  "openai-chat-messages": readChatMessages,
  "openai-responses": readResponsesApi,
  "anthropic-messages": readAnthropicMessages,
  "otel-genai": readOtelGenai,
  "swe-agent-traj": readSweAgent,
  "mini-swe-agent-traj": readMiniSweAgent,
  markdown: readMarkdownTranscript,
  "gemini-cli": readGeminiCli,
  "copilot-events": readCopilotEvents,
  "openhands-trajectory": readOpenHandsTrajectory,
  "openhands-conversation": readOpenHandsConversation,
  "fast-agent-history": readFastAgent,
  "opencode-export": readOpencodeExport,
  "hf-session-trace-simple": readSessionTraceSimple,
  "pi-session": readPiSession,
};
