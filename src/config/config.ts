import { z } from "zod";
import { mergePolicies } from "../evaluate/merge-policy.ts";
import { agentSchema } from "./agent.ts";
import { kernelsSchema } from "./kernels.ts";

const price = z.strictObject({
  "input-per-million": z.number().nonnegative(),
  "output-per-million": z.number().nonnegative(),
  "cached-input-per-million": z.number().nonnegative().optional(),
  "batch-input-per-million": z.number().nonnegative().optional(),
  "batch-output-per-million": z.number().nonnegative().optional(),
});

const evaluateSchema = z.strictObject({
  students: z
    .array(z.string().min(1))
    .max(20)
    .default([])
    .describe(
      "Whom the skills are for: anthropic:MODEL, openai:MODEL, openai:MODEL@BASE_URL, or command:NAME for one of the agents.",
    ),
  agents: z
    .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), agentSchema)
    .default({})
    .describe(
      "Agents by name: command, skill-folder, environment, time-limit-seconds, output-limit-bytes, answer-file, trace, infrastructure-exit-codes, isolation, readable, usd-per-run.",
    ),
  scripts: z
    .enum(["sandboxed", "unsandboxed"])
    .default("sandboxed")
    .describe(
      "How scripts of cases run: without network in a bwrap sandbox, or, where only trusted people can change cases, without one.",
    ),
  disclosure: z
    .enum(["whole", "progressive"])
    .default("whole")
    .describe(
      "How a chat gets a skill: whole, or progressive: its name and description first, and its files when it asks for them.",
    ),
  "student-versions": z
    .record(z.string(), z.string().min(1).max(200))
    .default({})
    .describe("Version of a student by its spec; results of another version are not reused."),
  judge: z
    .string()
    .min(1)
    .optional()
    .describe("Model that judges assertions in prose; another one than the students."),
  repeats: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe("How often each case runs in each arm before the first look."),
  "max-repeats": z
    .number()
    .int()
    .min(1)
    .max(500)
    .optional()
    .describe("Undecided skills get more repeats up to this multiple of repeats; repeats when absent."),
  seed: z.number().int().default(1).describe("Of the order of trials and of random tests."),
  alpha: z
    .number()
    .positive()
    .max(0.5)
    .default(0.05)
    .describe("Two-sided error of the verdicts better and worse."),
  margin: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe("A loss this large would matter, as a share of 1: no worse excludes it."),
  "minimum-effect": z
    .number()
    .nonnegative()
    .max(1)
    .default(0.05)
    .describe("A gain has to be this large to be called better, as a share of 1."),
  "budget-usd": z
    .number()
    .positive()
    .optional()
    .describe("US dollars that one run of an evaluation may spend."),
  "max-calls": z
    .number()
    .int()
    .positive()
    .optional()
    .describe("Calls that one run of an evaluation may make, repeated and failed ones included."),
  "max-output-tokens": z
    .number()
    .int()
    .min(16)
    .max(1_000_000)
    .default(4096)
    .describe("Limit of one answer of a student."),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe("How freely students answer; the provider's own when absent."),
  concurrency: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe("Trials that run at once for each provider."),
  "runner-labels": z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(10)
    .default(["ubuntu-latest"])
    .describe("Labels of the runners that evaluate --plan asks for."),
});

const gateSchema = z.strictObject({
  "block-on": z
    .enum(mergePolicies)
    .default("worse")
    .describe(
      "Which verdicts keep a change from merging: worse, worse-or-undecided (cannot tell too), or not-better (all but better).",
    ),
  advisory: z
    .boolean()
    .default(false)
    .describe("Whether the gate only says what it would do, and keeps nothing from merging."),
});

const organizeSchema = z.strictObject({
  similarity: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.3)
    .describe("How alike two skills have to be for the offline method to group them, from 0 to 1."),
  "split-lines": z
    .number()
    .int()
    .min(10)
    .max(10_000)
    .default(120)
    .describe("Lines of a fix skill above which it is split by families of errors."),
  "review-after-days": z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(90)
    .describe("Age in days from which organize --review asks for a new evaluation."),
  "require-proof": z
    .boolean()
    .default(false)
    .describe("Whether a merge may be proposed only when an evaluation shows that it loses nothing."),
});

/** The shape of `overproof.yml`; the published JSON Schema is made from it. Every key has a default. */
export const configSchema = z.strictObject({
  library: z.string().min(1).default("skills").describe("Folder with all skills, relative to this file."),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
    .default("en")
    .describe(
      "Language that a teacher writes skills in, as a BCP 47 tag. The offline distiller writes English.",
    ),
  model: z
    .string()
    .min(1)
    .default("offline")
    .describe("Teacher: offline, anthropic:MODEL, openai:MODEL, openai:MODEL@BASE_URL or replay:DIR."),
  "max-prompt-tokens": z
    .number()
    .int()
    .min(1000)
    .max(2_000_000)
    .default(60_000)
    .describe("Budget over the whole prompt of one call; whole hunks of diffs are dropped to keep it."),
  budget: z
    .strictObject({
      tokens: z.number().int().positive().optional().describe("Input and output tokens a run may use."),
      usd: z.number().positive().optional().describe("US dollars a run may spend, by the price table."),
      calls: z.number().int().positive().optional().describe("Model calls a run may make."),
    })
    .default({})
    .describe("Hard limits for one run."),
  prices: z
    .strictObject({
      date: z.iso.date().describe("Day on which these prices were looked up."),
      models: z
        .record(z.string(), price)
        .describe(
          "US dollars by model name, by whole model spec, or by the beginning of either followed by *. Batches cost half where no price is given for them.",
        ),
    })
    .optional()
    .describe("Price table for cost figures; without it costs are unknown."),
  commit: z
    .strictObject({
      name: z.string().min(1).default("overproof").describe("Name of author and committer."),
      email: z
        .string()
        .min(3)
        .default("overproof@users.noreply.github.com")
        .describe("Address of author and committer."),
    })
    .default({ name: "overproof", email: "overproof@users.noreply.github.com" })
    .describe("Author of the commits that propose changes."),
  "pull-request": z
    .strictObject({
      base: z
        .string()
        .min(1)
        .optional()
        .describe("Target branch; the repository's default branch when absent."),
      labels: z
        .array(z.string().min(1).max(50))
        .max(10)
        .default([])
        .describe("Labels added to pull requests."),
    })
    .default({ labels: [] })
    .describe("How proposals become pull requests."),
  evaluate: evaluateSchema.prefault({}).describe("How skills are measured, and when a verdict is reached."),
  gate: gateSchema.prefault({}).describe("When the required check lets a change merge."),
  organize: organizeSchema.prefault({}).describe("How a library is kept small."),
  kernels: kernelsSchema.prefault({}).describe("How kernels are compiled, verified and timed."),
});
export type Config = z.infer<typeof configSchema>;
