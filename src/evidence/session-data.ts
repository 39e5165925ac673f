import type { SessionEvidence } from "./session.ts";

/** `session_evidence.json` of the workspace: what was read of each session, for people and for later tools. */
export function sessionData(sessions: readonly SessionEvidence[]): unknown {
  return {
    sessions: sessions.map((session) => ({
      source: session.source,
      sha256: session.trace,
      format: session.format,
      conversation: session.conversation,
      task: session.task,
      language: session.language,
      operator: session.op,
      outcome: session.outcome,
      moves: session.moves,
      settings: Object.fromEntries(session.settings.map(({ name, value }) => [name, value])),
      suspicious: session.suspicious,
      dropped: session.dropped,
      items: session.items.map(({ id }) => id),
    })),
  };
}
