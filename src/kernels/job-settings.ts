import type { KernelSettings } from "../config/kernels.ts";
import type { Job } from "./job.ts";

/** What a configuration says about every job. With no size a problem makes its inputs as large as it likes. */
export function jobSettings(
  settings: KernelSettings,
): Pick<Job, "device" | "size" | "trials" | "timing" | "policy" | "limits"> {
  return {
    device: settings.device,
    size: settings.size ?? (settings.device === "cuda" ? "gpu" : null),
    trials: settings.trials,
    timing: settings.timing ? { pairs: settings.pairs, seconds: settings.seconds } : null,
    policy: { library: settings.library },
    limits: {
      compile_seconds: settings["compile-seconds"],
      run_seconds: settings["run-seconds"],
      memory_bytes: settings["memory-mib"] * 2 ** 20,
      processes: settings.processes,
      file_bytes: settings["file-mib"] * 2 ** 20,
    },
  };
}
