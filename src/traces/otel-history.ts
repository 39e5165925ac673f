import { numberAt, textAt } from "./json-value.ts";
import { messageKey, type OtelContent, type OtelMessage } from "./otel-messages.ts";
import type { OtelRecord } from "./otlp-records.ts";
import type { Origin, Usage } from "./session.ts";

/** One answer of a model. */
export interface OtelChat {
  traceId: string;
  spanId: string;
  /** What the answers of one agent have in common. */
  parentId: string;
  start: number;
  end: number | null;
  model: string | null;
  usage: Usage | null;
  origin: Origin;
}

export function otelChat(record: OtelRecord, origin: Origin): OtelChat {
  const { attributes } = record;
  const [input, output] = ["input_tokens", "output_tokens"].map((name) =>
    numberAt(attributes, `gen_ai.usage.${name}`),
  );
  const isCounted = typeof input === "number" || typeof output === "number";
  return {
    traceId: record.traceId,
    spanId: record.spanId,
    parentId: record.parentId,
    start: record.start ?? 0,
    end: record.end,
    model: textAt(attributes, "gen_ai.response.model") || textAt(attributes, "gen_ai.request.model") || null,
    usage: isCounted
      ? {
          input: input ?? 0,
          cachedInput: numberAt(attributes, "gen_ai.usage.cache_read.input_tokens") ?? 0,
          output: output ?? 0,
          costUsd: null,
        }
      : null,
    origin,
  };
}

/** Where a message was told first. */
export interface ToldMessage {
  message: OtelMessage;
  chat: OtelChat;
  isOutput: boolean;
  index: number;
  /** Counts up with each message, for records without times. */
  order: number;
}

/** The messages of one agent; a message that is told again is kept only where it was told first. */
export type OtelHistory = Map<string, ToldMessage>;

/** The order in which messages were told. */
export function toldOrder(a: ToldMessage, b: ToldMessage): number {
  return (
    a.chat.start - b.chat.start ||
    Number(a.isOutput) - Number(b.isOutput) ||
    a.index - b.index ||
    a.order - b.order
  );
}

export function keepFirst(history: OtelHistory, key: string, told: ToldMessage): void {
  const known = history.get(key);
  if (known === undefined || toldOrder(told, known) < 0) history.set(key, told);
}

/** Adds what one answer tells; false where it tells no messages. */
export function addContent(history: OtelHistory, chat: OtelChat, content: OtelContent): boolean {
  const seen = new Map<string, number>();
  const add = (message: OtelMessage, index: number, isOutput: boolean): void => {
    const words = messageKey(message);
    // The same words may be said twice: the second time they are another message.
    const time = (seen.get(words) ?? 0) + 1;
    seen.set(words, time);
    const isAlone = isOutput && content.input === undefined && !/^(?:calls|results) /.test(words);
    const key = isAlone ? `alone ${chat.spanId} ${index}` : `${words} ${time}`;
    keepFirst(history, key, { message, chat, isOutput, index, order: history.size });
  };
  if (content.instructions !== "") add(plainMessage("system", content.instructions), -1, false);
  content.input?.forEach((message, index) => add(message, index, false));
  content.output?.forEach((message, index) => add(message, index, true));
  return content.input !== undefined || content.output !== undefined;
}

export function plainMessage(role: string, text: string): OtelMessage {
  return { role, text, reasoning: "", calls: [], results: [] };
}
