import { type Command, Option } from "commander";
import { type DeviceChoice, devices, type Size, sizes } from "../kernels/choices.ts";
import { oneLine } from "../terminal/one-line.ts";
import type { Door } from "./door.ts";
import { collect } from "./option-values.ts";

/** The commands below `kernel`. */
export function registerKernel(program: Command, door: Door): void {
  const { context, view, print, printJson, endWith } = door;
  const kernel = program
    .command("kernel")
    .description("compile, verify and time kernels, and check their problems");

  kernel
    .command("check")
    .description("compile, verify and time one candidate of a problem")
    .argument("<problem>", "a problem: torch-free, or in the form of KernelBench, AKG or gpu-mode")
    .argument("<candidate>", "a file that defines ModelNew, or a C or C++ function for a torch-free problem")
    .addOption(new Option("--device <device>", "where it runs (default: kernels.device)").choices(devices))
    .addOption(
      new Option("--size <size>", "size of the inputs (default: kernels.size or the problem's)").choices(
        sizes,
      ),
    )
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--json", "print the result as JSON", false)
    .addHelpText(
      "after",
      "\nExit codes: 0 correct, 1 any other verdict, 2 wrong usage, 3 nothing could be measured.",
    )
    .action(async (problem: string, candidate: string, options: KernelOptions) => {
      const { exitCodeOfCheck, kernelCheck } = await import("../commands/kernel-check.ts");
      const { json: asJson, ...rest } = options;
      const result = await kernelCheck({ problem, candidate, ...rest }, context);
      endWith(exitCodeOfCheck(result));
      if (asJson) return printJson(result);
      const { kernelCheckText } = await import("../terminal/kernel-check-text.ts");
      print(kernelCheckText(result, view));
    });

  kernel
    .command("lint")
    .description("tell whether problems are too weak to gate a kernel")
    .argument("<problem...>", "problems: torch-free, or in the form of KernelBench, AKG or gpu-mode")
    .addOption(new Option("--device <device>", "where they run (default: kernels.device)").choices(devices))
    .addOption(
      new Option("--size <size>", "size of the inputs (default: kernels.size or the problem's)").choices(
        sizes,
      ),
    )
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--json", "print the flags as JSON", false)
    .action(async (problems: string[], options: KernelOptions) => {
      const { kernelLint } = await import("../commands/kernel-lint.ts");
      const { json: asJson, ...rest } = options;
      const result = await kernelLint({ problems, ...rest }, context);
      if (result.flagged > 0) endWith(1);
      if (asJson) return printJson(result);
      const { kernelLintText } = await import("../terminal/kernel-lint-text.ts");
      print(kernelLintText(result, view));
    });

  kernel
    .command("log")
    .description("measure the versions of a kernel and write them as a search log that can be distilled")
    .argument("<problem>", "a problem: torch-free, or in the form of KernelBench, AKG or gpu-mode")
    .argument("<version...>", "files with the versions, in the order in which they were written")
    .requiredOption("--output <dir>", "new folder for the log")
    .option("--op <name>", "the operator (default: the problem's name)")
    .option("--parent <n=m>", "version n was made from version m; may be repeated", collect, [])
    .addOption(new Option("--device <device>", "where they run (default: kernels.device)").choices(devices))
    .addOption(
      new Option("--size <size>", "size of the inputs (default: kernels.size or the problem's)").choices(
        sizes,
      ),
    )
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--json", "print the result as JSON", false)
    .addHelpText(
      "after",
      "\nExit codes: 0 a version is correct, 1 none is, 2 wrong usage, 3 nothing could be measured.",
    )
    .action(
      async (
        problem: string,
        versions: string[],
        options: KernelOptions & { output: string; op?: string; parent: string[] },
      ) => {
        const { exitCodeOfLog, kernelLog } = await import("../commands/kernel-log.ts");
        const { json: asJson, parent, ...rest } = options;
        const result = await kernelLog({ problem, versions, parents: parent, ...rest }, context);
        endWith(exitCodeOfLog(result));
        if (asJson) return printJson(result);
        const { kernelLogText } = await import("../terminal/kernel-log-text.ts");
        print(kernelLogText(result));
      },
    );

  kernel
    .command("export")
    .description("write the kernels of an evaluation as KernelBench's eval_results.json")
    .argument("<bundle>", "folder that evaluate --generate-only wrote, or kernels/ of the results")
    .option("--arm <arm>", "whose kernels", "head")
    .option("--output <file>", "file to write", "eval_results.json")
    .option("--json", "print the result as JSON", false)
    .action(async (bundle: string, options: { arm: string; output: string; json: boolean }) => {
      const { kernelExport } = await import("../commands/kernel-export.ts");
      const result = await kernelExport({ bundle, arm: options.arm, output: options.output }, context);
      if (options.json) printJson(result);
      else print(`${result.samples} samples: ${oneLine(result.file)}\n`);
    });
}

interface KernelOptions {
  device?: DeviceChoice;
  size?: Size;
  config?: string;
  json: boolean;
}
