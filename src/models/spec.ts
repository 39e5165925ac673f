import { usageFailure } from "../failure.ts";
import { excerpt } from "./excerpt.ts";

/** Which model a run uses, as it is written in the configuration or on the command line. */
export type ModelSpec =
  | { kind: "offline" }
  | { kind: "replay"; folder: string }
  | { kind: "command"; name: string }
  | ServedSpec;

/** A model behind a provider's API; without a base URL it is the provider's own. */
export interface ServedSpec {
  kind: "anthropic" | "openai";
  model: string;
  baseUrl: string | undefined;
}

const forms =
  "Write anthropic:MODEL, openai:MODEL, openai:MODEL@BASE_URL, command:NAME, replay:DIR or offline.";

/**
 * Parses a model spec. A model's name may hold slashes, colons, points and at signs; the base URL begins after the
 * last `@` that is followed by `http://` or `https://`. Throws `Failure` (exit code 2) for anything else.
 */
export function parseModelSpec(text: string): ModelSpec {
  const spec = text.trim();
  if (spec === "offline") {
    return { kind: "offline" };
  }
  const colon = spec.indexOf(":");
  const kind = spec.slice(0, Math.max(colon, 0));
  const rest = spec.slice(colon + 1);
  switch (kind) {
    case "anthropic":
    case "openai":
      return parseServed(kind, rest);
    case "replay":
      if (rest === "") {
        throw usageFailure(
          "The model spec replay: names no folder.",
          "Write replay:DIR with the folder of a recording.",
        );
      }
      return { kind, folder: rest };
    case "command":
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(rest)) {
        throw usageFailure(
          "The model spec command: names no command of the configuration.",
          "Write command:NAME, where NAME has letters, digits, points, hyphens and underscores only.",
        );
      }
      return { kind, name: rest };
    default:
      throw usageFailure(`"${withoutCredentials(spec)}" is not a model spec.`, forms);
  }
}

/** The spec in its canonical form; `parseModelSpec` reads it back. */
export function formatModelSpec(spec: ModelSpec): string {
  switch (spec.kind) {
    case "offline":
      return "offline";
    case "replay":
      return `replay:${spec.folder}`;
    case "command":
      return `command:${spec.name}`;
    case "anthropic":
    case "openai":
      return `${spec.kind}:${spec.model}${spec.baseUrl === undefined ? "" : `@${spec.baseUrl}`}`;
  }
}

function parseServed(kind: ServedSpec["kind"], rest: string): ServedSpec {
  const at = [...rest.matchAll(/@(?=https?:\/\/)/gi)].at(-1)?.index;
  const model = at === undefined ? rest : rest.slice(0, at);
  if (model === "" || /[\s\p{Cc}]/u.test(model)) {
    throw usageFailure(
      `The model spec ${kind}: names no model.`,
      `Write ${kind}:MODEL, where MODEL is a name without spaces that the provider knows.`,
    );
  }
  if (model.includes("://")) {
    throw usageFailure(
      `The model spec ${kind}: has an address that is not read as one.`,
      `Write ${kind}:MODEL@BASE_URL, where BASE_URL begins with http:// or https:// and holds no password.`,
    );
  }
  return { kind, model, baseUrl: at === undefined ? undefined : parseBaseUrl(rest.slice(at + 1)) };
}

/** The address is not repeated in the messages: it may hold a password. */
function parseBaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) {
    throw usageFailure(
      "The base URL of the model spec is not an address.",
      "Write it like https://host/v1 or http://localhost:8000/v1.",
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw usageFailure(
      "The base URL of the model spec holds more than an address.",
      "Leave out user name, password, query and fragment; give the key by its environment variable.",
    );
  }
  return url.href.replace(/\/+$/, "");
}

function withoutCredentials(spec: string): string {
  return excerpt(spec.replaceAll(/:\/\/\S*@/g, "://…@"), { limit: 80 });
}
