import { chatCompletion, type Scripted, type SeenRequest } from "./model-server.ts";

/** What a judge was shown. */
export interface Shown {
  mark: string;
  /** The whole prompt. */
  text: string;
  assertions: string[];
  /** One, or two in their order. */
  answers: string[];
}

/** What a scripted judge says; text stands for an answer as it is. */
export type Said = object | string;

/** A judge that reads the prompt as it came over the wire. What it says gets the mark of the prompt. */
export function scriptedJudge(say: (shown: Shown) => Said): Scripted {
  return (response, request) => {
    const shown = shownTo(request);
    const said = say(shown);
    const text = typeof said === "string" ? said : JSON.stringify({ mark: shown.mark, ...said });
    chatCompletion(text, { model: "served-judge" })(response, request);
  };
}

export function shownTo({ body }: SeenRequest): Shown {
  const messages = body["messages"] as { role: string; content: string }[];
  const text = messages.find(({ role }) => role === "user")?.content ?? "";
  const mark = /^BEGIN TASK ([0-9a-f]{16})$/m.exec(text)?.[1] ?? "";
  const part = (name: string): string | undefined =>
    new RegExp(`^BEGIN ${name} ${mark}\\n([^]*?)\\nEND ${name} ${mark}$`, "m").exec(text)?.[1];
  const answers = ["ANSWER", "FIRST ANSWER", "SECOND ANSWER"]
    .map(part)
    .filter((answer) => answer !== undefined);
  const assertions = (part("ASSERTIONS") ?? "")
    .split("\n")
    .map((line) => JSON.parse(line.replace(/^\d+\. /, "")) as string);
  return { mark, text, assertions, answers };
}

/** The same verdict on every assertion. */
export function findings(
  { assertions }: Shown,
  verdict: (assertion: string) => { verdict: string; quote?: string | null },
): { findings: object[] } {
  return {
    findings: assertions.map((text, index) => ({
      assertion: index + 1,
      quote: null,
      reason: "It is so.",
      ...verdict(text),
    })),
  };
}
