import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { createHash } from "node:crypto";
import { textOf } from "./text.ts";

/** The contexts of a job or a step, by name: `github`, `needs`, `steps`, ... */
export type Contexts = Record<string, unknown>;

/** How everything before went, for `success()` and its like. */
export interface StateSoFar {
  isFailed: boolean;
  isCancelled: boolean;
  /** Whether everything that is needed has succeeded; of a job one that was skipped has not. */
  isSuccess: boolean;
}

const statusFunctions = ["success", "failure", "always", "cancelled"] as const;

type Evaluated = ReturnType<Evaluator["evaluate"]>;

function toData(value: unknown): Evaluated {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  const pairs = Object.entries(value).map(([key, inner]) => ({ key, value: toData(inner) }));
  return new data.Dictionary(...pairs);
}

/** What stands between the braces of an expression, evaluated by GitHub's own engine. Throws for what it refuses. */
export function evaluate(expression: string, contexts: Contexts, state: StateSoFar): Evaluated {
  const answers = {
    success: state.isSuccess && !state.isCancelled,
    failure: state.isFailed && !state.isCancelled,
    always: true,
    cancelled: state.isCancelled,
  };
  const functions = statusFunctions.map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 255,
    call: () => new data.BooleanData(answers[name]),
  }));
  const hashFiles = {
    name: "hashFiles",
    minArgs: 1,
    maxArgs: 255,
    call: (...given: Evaluated[]) =>
      new data.StringData(
        createHash("sha256")
          .update(given.map((one) => one.coerceString()).join("\n"))
          .digest("hex"),
      ),
  };
  const all = [...functions, hashFiles];
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), all).parse();
  const context = toData(contexts) as InstanceType<typeof data.Dictionary>;
  return new Evaluator(parsed, context, new Map(all.map((one) => [one.name.toLowerCase(), one]))).evaluate();
}

/** A text of a workflow with its expressions replaced. */
export function filledIn(text: string, contexts: Contexts, state: StateSoFar): string {
  return text.replaceAll(/\$\{\{([\s\S]*?)\}\}/g, (_, expression: string) =>
    evaluate(expression.trim(), contexts, state).coerceString(),
  );
}

/** A value of a workflow that may be an expression as a whole, such as a matrix. */
export function valueOf(value: unknown, contexts: Contexts, state: StateSoFar): unknown {
  if (typeof value === "string") {
    const [, whole] = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(value) ?? [];
    const isOne = whole !== undefined && !whole.includes("}}");
    return isOne ? plain(evaluate(whole.trim(), contexts, state)) : filledIn(value, contexts, state);
  }
  if (Array.isArray(value)) return value.map((one) => valueOf(one, contexts, state));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, valueOf(inner, contexts, state)]),
    );
  }
  return value;
}

function plain(value: Evaluated): unknown {
  return JSON.parse(JSON.stringify(value, data.replacer)) as unknown;
}

/** Whether `if` holds. Without a function of the state it asks for success as well. */
export function holds(condition: unknown, contexts: Contexts, state: StateSoFar): boolean {
  const text = textOf(condition).trim() || "success()";
  const inner = /^\$\{\{([\s\S]*)\}\}$/.exec(text)?.[1] ?? text;
  const asks = statusFunctions.some((name) => new RegExp(`\\b${name}\\s*\\(`, "i").test(inner));
  const expression = asks ? inner : `success() && (${inner})`;
  return isTruthy(evaluate(expression, contexts, state));
}

function isTruthy(value: Evaluated): boolean {
  const found = plain(value);
  return !(found === null || found === false || found === 0 || found === "");
}
