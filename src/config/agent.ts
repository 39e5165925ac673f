import { z } from "zod";
import { entryNameProblem } from "../files/zip-entry-name.ts";

/** The name of a folder or file below another one, without a way out of it. */
const inside = z
  .string()
  .refine((path) => entryNameProblem(path, 400) === null, "it is no path below a folder");

/** What stands for the prompt in an agent's command line. */
export const promptPlace = "{prompt}";

/**
 * An agent that works on cases in a folder of its own. It is part of the configuration alone: no skill, case or model
 * names a command.
 */
export const agentSchema = z.strictObject({
  command: z
    .array(z.string().min(1).max(4000))
    .min(1)
    .max(100)
    .refine(([program = ""]) => !program.includes(promptPlace), "the prompt cannot be the program")
    .describe(
      "Program and arguments, run without a shell. {prompt} stands for the prompt, which else comes by standard input.",
    ),
  "skill-folder": inside
    .default(".agents/skills")
    .describe("Where the agent looks for skills, below its working folder, such as .claude/skills."),
  environment: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/))
    .max(50)
    .default([])
    .describe("Variables that are handed over; all others but PATH and LANG are kept from it."),
  isolation: z
    .enum(["auto", "required", "none"])
    .default("auto")
    .describe(
      "auto: in a bwrap sandbox where it works, else one run at a time, with a warning. required: in the sandbox or not at all. none: as any program.",
    ),
  readable: z
    .array(z.string().min(1).max(4000))
    .max(50)
    .default([])
    .describe(
      "Files and folders, relative to this file, that a sandboxed agent may read though they lie in the repository or below a folder for temporary files.",
    ),
  "usd-per-run": z
    .number()
    .positive()
    .max(10_000)
    .optional()
    .describe(
      "US dollars that a run is counted as where its log tells neither a cost nor tokens that have a price.",
    ),
  "time-limit-seconds": z.number().int().min(1).max(14_400).default(600).describe("For one case."),
  "output-limit-bytes": z
    .number()
    .int()
    .min(1000)
    .max(268_435_456)
    .default(16_777_216)
    .describe("For what one case prints."),
  "answer-file": inside
    .optional()
    .describe("File below the working folder with the final answer; standard output when absent."),
  trace: z
    .string()
    .refine(
      (path) => entryNameProblem(path.replace(/^~\//, ""), 400) === null,
      "it is neither stdout nor a path below a folder",
    )
    .optional()
    .describe(
      "Where the agent logs its session: a file or folder below the working folder or, with ~/, below its home; or stdout.",
    ),
  "infrastructure-exit-codes": z
    .array(z.number().int().min(1).max(255))
    .max(20)
    .default([])
    .describe(
      "Exit codes by which the agent says that its service failed: such a run does not count. Name none that what the agent runs can cause.",
    ),
});
export type AgentSettings = z.infer<typeof agentSchema>;
