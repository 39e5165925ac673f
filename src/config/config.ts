import { z } from "zod";

const price = z.strictObject({
  "input-per-million": z.number().nonnegative(),
  "output-per-million": z.number().nonnegative(),
  "cached-input-per-million": z.number().nonnegative().optional(),
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
          "US dollars by model name, by whole model spec, or by the beginning of either followed by *.",
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
});
export type Config = z.infer<typeof configSchema>;
