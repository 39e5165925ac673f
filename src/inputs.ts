import type { DistillRequest } from "./commands/distill.ts";
import type { ProposeRequest } from "./commands/propose.ts";
import { modes } from "./distill/material.ts";
import { usageFailure } from "./failure.ts";

/** The Action's inputs as one value: a command, its request, and the secrets by their environment names. */
export type Inputs = { secrets: Record<string, string> } & (
  | { command: "distill"; request: DistillRequest }
  | { command: "propose"; request: ProposeRequest }
  | { command: "lint"; request: { paths: string[]; config: string | undefined } }
);

const commands = ["distill", "propose", "lint"] as const;

/**
 * Reads and checks all inputs once; `get` gives an input's text, empty when it is not set.
 * Throws `Failure` (exit code 2) with a sentence that says what to write.
 */
export function readInputs(get: (name: string) => string): Inputs {
  const optional = (name: string): string | undefined => get(name).trim() || undefined;
  const command = oneOf("command", get("command").trim(), commands);
  const secrets = {
    ANTHROPIC_API_KEY: get("anthropic-api-key").trim(),
    OPENAI_API_KEY: get("openai-api-key").trim(),
    OVERPROOF_API_KEY: get("model-api-key").trim(),
    GITHUB_TOKEN: get("github-token").trim(),
  };
  const paths = get("paths")
    .split(/\r?\n/)
    .map((path) => path.trim())
    .filter((path) => path !== "");
  const dryRun = flag("dry-run", get("dry-run"));
  switch (command) {
    case "distill":
      const artifact = uploadedOf(optional);
      if (paths.length === 0 && artifact === undefined) {
        throw usageFailure("The input paths is empty.", "Name the traces to distil, one on each line.");
      }
      return {
        command,
        // Only an artifact of another run needs the token, and only to be read.
        secrets: artifact === undefined ? { ...secrets, GITHUB_TOKEN: "" } : secrets,
        request: {
          paths,
          artifact,
          mode: oneOf("mode", optional("mode") ?? "auto", ["auto", ...modes]),
          op: optional("op"),
          model: optional("model"),
          output: optional("library"),
          workspace: optional("workspace"),
          config: optional("config"),
          dryRun,
        },
      };
    case "propose": {
      const proposal = optional("proposal");
      if (proposal === undefined) {
        throw usageFailure(
          "The input proposal is empty.",
          "Give it the output proposal of the distill step.",
        );
      }
      return {
        command,
        // The job that writes to GitHub has no use for a model key, and a key that is not there cannot leak.
        secrets: { GITHUB_TOKEN: secrets.GITHUB_TOKEN },
        request: {
          proposal,
          repository: optional("repository"),
          base: optional("base"),
          library: optional("library"),
          config: optional("config"),
          push: true,
          dryRun,
        },
      };
    }
    case "lint": {
      const library = optional("library");
      return {
        command,
        secrets: {},
        request: {
          paths: paths.length > 0 ? paths : library === undefined ? [] : [library],
          config: optional("config"),
        },
      };
    }
  }
}

/** Traces that another run uploaded; both inputs or none. */
function uploadedOf(optional: (name: string) => string | undefined): DistillRequest["artifact"] {
  const runId = optional("run-id");
  const name = optional("artifact-name");
  if (runId === undefined && name === undefined) return undefined;
  if (runId === undefined || name === undefined) {
    throw usageFailure(
      `The input ${runId === undefined ? "run-id" : "artifact-name"} is empty.`,
      "Give both run-id and artifact-name, or neither.",
    );
  }
  return { runId, name, headSha: optional("head-sha"), repository: optional("repository") };
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const problem = value === "" ? `The input ${name} is empty.` : `The input ${name} is "${value}".`;
  throw usageFailure(problem, `Write ${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}.`);
}

function flag(name: string, value: string): boolean {
  const text = value.trim().toLowerCase();
  if (text === "true") return true;
  if (text === "false" || text === "") return false;
  throw usageFailure(`The input ${name} is "${value}".`, "Write true or false.");
}
