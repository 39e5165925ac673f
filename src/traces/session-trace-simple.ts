import { chatConversation } from "./chat-conversation.ts";
import { lineOrigin } from "./document-origin.ts";
import { objectAt, textAt } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import type { SessionFile, SessionSink, Step } from "./session.ts";

/**
 * Session Trace Simple Format of the Hugging Face Hub (hub-docs, `session-traces-format.md`): a line that names the
 * session, then messages as in chat completions with other spellings. It records no usage and no exit codes.
 */
export async function* readSessionTraceSimple(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const chat = chatConversation({ conversation: 0, model: null }, sink);
  for await (const { value, line } of file.lines()) {
    switch (textAt(value, "type")) {
      case "session": {
        sink.facts(knownFacts({ sessionId: textAt(value, "id"), agent: textAt(value, "harness") }));
        break;
      }
      case "message": {
        const message = objectAt(value, "message");
        const origin = lineOrigin(file, line);
        yield* chat.add(
          {
            ...message,
            reasoning_content: textAt(message, "reasoningContent"),
            tool_call_id: textAt(message, "toolCallId"),
            ...(message["toolCalls"] === undefined ? {} : { tool_calls: message["toolCalls"] }),
          },
          () => origin,
        );
        break;
      }
      default:
        sink.damage(line, "an entry of an unknown type");
    }
  }
  yield* chat.rest();
}
