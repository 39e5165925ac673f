import type { DistillRequest } from "./commands/distill.ts";
import type { EvaluateRequest } from "./commands/evaluation.ts";
import type { GateRequest } from "./commands/gate.ts";
import type { GenerateRequest } from "./commands/generate.ts";
import type { ProposeRequest } from "./commands/propose.ts";
import type { ReportRequest } from "./commands/report.ts";
import { flag, lines, oneOf, positiveNumber, wholeNumber } from "./action/input-values.ts";
import type { OrganizeRequest } from "./commands/organize.ts";
import type { LandingRequest } from "./commands/landing-place.ts";
import type { RestoreRequest } from "./commands/restore.ts";
import type { RetireRequest } from "./commands/retire.ts";
import type { MeasureRequest } from "./commands/measure-bundle.ts";
import { modes } from "./distill/material.ts";
import { mergePolicies, type MergePolicy } from "./evaluate/merge-policy.ts";
import { usageFailure } from "./failure.ts";

type ReviewRequest = Parameters<typeof import("./commands/review-library.ts").reviewLibrary>[0];

/** The Action's inputs as one value: a command, its request, and the secrets by their environment names. */
export type Inputs = { secrets: Record<string, string> } & (
  | { command: "distill"; request: DistillRequest }
  | { command: "generate"; request: GenerateRequest }
  | { command: "propose"; request: ProposeRequest }
  | { command: "evaluate"; request: EvaluateRequest }
  | { command: "report"; request: ReportRequest }
  | { command: "gate"; request: GateRequest }
  | { command: "measure"; request: MeasureRequest }
  | { command: "organize"; request: OrganizeRequest }
  | { command: "review"; request: ReviewRequest }
  | { command: "retire"; request: RetireRequest }
  | { command: "import archive"; request: LandingRequest }
  | { command: "restore"; request: RestoreRequest }
  | { command: "lint"; request: { paths: string[]; config: string | undefined } }
);

const commands = [
  "distill",
  "generate",
  "propose",
  "evaluate",
  "report",
  "gate",
  "organize",
  "retire",
  "restore",
  "lint",
] as const;

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
  const paths = lines(get("paths"));
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
    case "generate": {
      const task = optional("task");
      if (task === undefined) throw usageFailure("The input task is empty.", "Say what the skill is for.");
      return {
        command,
        // What it makes lies in the working tree; nothing is asked of GitHub.
        secrets: { ...secrets, GITHUB_TOKEN: "" },
        request: {
          task,
          examples: lines(get("examples")),
          from: lines(get("from")),
          model: optional("model"),
          student: optional("student"),
          rounds: wholeNumber("rounds", optional("rounds")),
          seed: wholeNumber("seed", optional("seed")),
          skillMeta: flag("skill-meta", get("skill-meta")),
          output: optional("library"),
          workspace: optional("workspace"),
          config: optional("config"),
          dryRun,
        },
      };
    }
    case "propose": {
      const proposal = optional("proposal");
      if (proposal === undefined) {
        throw usageFailure(
          "The input proposal is empty.",
          "Give it the output proposal of the step that made one.",
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
          results: optional("results"),
          config: optional("config"),
          push: true,
          dryRun,
        },
      };
    }
    case "evaluate": {
      const bundle = optional("measure");
      const budgetMinutes = positiveNumber("budget-minutes", optional("budget-minutes"));
      if (bundle !== undefined) {
        return {
          command: "measure",
          // It runs what a model wrote, and needs neither keys nor a token.
          secrets: {},
          request: { bundle, results: optional("results"), budgetMinutes, config: optional("config") },
        };
      }
      return {
        command,
        // The token only reads artifacts.
        secrets: flag("reuse", get("reuse")) ? secrets : { ...secrets, GITHUB_TOKEN: "" },
        request: {
          skills: paths,
          changed: flag("changed", get("changed")),
          reuse: flag("reuse", get("reuse")),
          students: lines(get("students")),
          judge: optional("judge"),
          repeats: wholeNumber("repeats", optional("repeats")),
          maxRepeats: wholeNumber("max-repeats", optional("max-repeats")),
          base: optional("base"),
          placebo: flag("placebo", get("placebo")),
          batch: flag("batch", get("batch")),
          aa: false,
          seed: wholeNumber("seed", optional("seed")),
          results: optional("results"),
          budgetUsd: positiveNumber("budget-usd", optional("budget-usd")),
          maxCalls: wholeNumber("max-calls", optional("max-calls")),
          plan: flag("plan", get("plan")),
          shards: wholeNumber("shards", optional("shards")),
          shard: optional("shard"),
          generateOnly: optional("generate-only"),
          budgetMinutes,
          config: optional("config"),
        },
      };
    }
    case "report":
      return {
        command,
        secrets: {},
        request: {
          results: optional("results"),
          html: optional("html"),
          policy: policyOf(optional),
          config: optional("config"),
        },
      };
    case "gate": {
      return {
        command,
        // It calls no model.
        secrets: { GITHUB_TOKEN: secrets.GITHUB_TOKEN },
        request: {
          results: optional("results"),
          base: optional("base"),
          policy: policyOf(optional),
          advisory: flag("advisory", get("advisory")),
          needs: optional("needs"),
          html: optional("html"),
          repository: optional("repository"),
          config: optional("config"),
          dryRun,
        },
      };
    }
    case "organize": {
      const library = optional("library");
      const config = optional("config");
      const scopes = lines(get("scope"));
      if (flag("review", get("review"))) {
        return { command: "review", secrets: {}, request: { scopes, library, config } };
      }
      return {
        command,
        // What it makes is a proposal; the job that may write to GitHub applies it.
        secrets: { ...secrets, GITHUB_TOKEN: "" },
        request: {
          scopes,
          library,
          model: optional("model"),
          workspace: optional("workspace"),
          evaluate: flag("evaluate", get("evaluate")),
          results: optional("results"),
          config,
          dryRun,
        },
      };
    }
    case "retire": {
      const landing = landingOf(optional, dryRun);
      const token = { GITHUB_TOKEN: secrets.GITHUB_TOKEN };
      const name = optional("name");
      const reason = optional("reason");
      if (flag("import-archive", get("import-archive"))) {
        return { command: "import archive", secrets: token, request: landing };
      }
      if (name === undefined || reason === undefined) {
        throw usageFailure(
          `The input ${name === undefined ? "name" : "reason"} is empty.`,
          "Name the skill to retire, and say why it goes.",
        );
      }
      return { command, secrets: token, request: { name, reason, results: optional("results"), ...landing } };
    }
    case "restore": {
      const name = optional("name");
      const commit = optional("commit");
      if (name === undefined) throw usageFailure("The input name is empty.", "Name the skill to restore.");
      return {
        command,
        secrets: { GITHUB_TOKEN: secrets.GITHUB_TOKEN },
        request: { skill: commit === undefined ? name : `${name}@${commit}`, ...landingOf(optional, dryRun) },
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

/** The inputs of every command that ends in a pull request. */
function landingOf(optional: (name: string) => string | undefined, dryRun: boolean): LandingRequest {
  return {
    repository: optional("repository"),
    base: optional("base"),
    library: optional("library"),
    config: optional("config"),
    push: true,
    dryRun,
  };
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

function policyOf(optional: (name: string) => string | undefined): MergePolicy | undefined {
  const policy = optional("policy");
  return policy === undefined ? undefined : oneOf("policy", policy, mergePolicies);
}
