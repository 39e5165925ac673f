import { z } from "zod";
import { devices, sizes } from "../kernels/choices.ts";

const mebibytes = (most: number) => z.int().min(64).max(most);

/** `kernels` of the configuration: how kernels are compiled, verified and timed. */
export const kernelsSchema = z.strictObject({
  python: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      "Python that runs the harness: a name in PATH or a path. OVERPROOF_PYTHON goes before it; when absent, python3 or /usr/bin/python3, whichever has PyTorch.",
    ),
  device: z.enum(devices).default("auto").describe("Where kernels run: auto, cpu or cuda."),
  size: z
    .enum(sizes)
    .optional()
    .describe("Size of the problems' inputs; when absent gpu with the device cuda, else each problem's own."),
  trials: z.int().min(1).max(1000).default(5).describe("Fresh inputs that a kernel is verified with."),
  timing: z.boolean().default(true).describe("Whether kernels are timed, or only compiled and verified."),
  pairs: z
    .int()
    .min(3)
    .max(10_001)
    .default(31)
    .describe("Pairs of timed runs of the reference and the kernel, in random order."),
  seconds: z.number().min(0.1).max(3600).default(20).describe("Most seconds that timing one kernel takes."),
  library: z
    .enum(["allowed", "refused"])
    .default("refused")
    .describe("Whether an operator of the framework may do a problem's work."),
  "compile-seconds": z.number().min(1).max(3600).default(300).describe("Most seconds to compile one kernel."),
  "run-seconds": z.number().min(1).max(3600).default(120).describe("Most seconds to verify one kernel."),
  "memory-mib": mebibytes(16_777_216).default(8192).describe("Memory of a kernel's process, in MiB."),
  processes: z.int().min(4).max(65_536).default(64).describe("Processes and threads of a kernel."),
  "file-mib": mebibytes(1_048_576).default(1024).describe("Largest file that a kernel may write, in MiB."),
  cache: z
    .string()
    .min(1)
    .max(4096)
    .default(".overproof/kernels")
    .describe("Folder of compiled kernels, relative to this file."),
  problems: z
    .string()
    .min(1)
    .max(4096)
    .default("problems")
    .describe("Folder of problems that the cases of several skills share, relative to this file."),
  "repair-rounds": z
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe(
      "How often a student may correct a kernel that failed, told what the compiler or the check said.",
    ),
  "budget-minutes": z
    .number()
    .positive()
    .max(10_080)
    .optional()
    .describe("Minutes that one evaluation may hold the device."),
});
export type KernelSettings = z.infer<typeof kernelsSchema>;
