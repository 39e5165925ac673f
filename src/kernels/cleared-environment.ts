import { delimiter } from "node:path";

/** What a compiler or a GPU's libraries are found by; nothing of it is secret. */
const passedOn = [
  "PATH",
  "LD_LIBRARY_PATH",
  "CC",
  "CXX",
  "CUDA_HOME",
  "CUDA_PATH",
  "CUDA_VISIBLE_DEVICES",
  "NVIDIA_VISIBLE_DEVICES",
  "NVIDIA_DRIVER_CAPABILITIES",
  "TORCH_CUDA_ARCH_LIST",
] as const;

/**
 * The environment of a Python that measures kernels: where its programs are, and a home of its own below `folder`. No
 * key and no token gets in. `modules` is the folder that Python takes its own modules from.
 */
export function clearedEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  { folder, modules }: { folder: string; modules?: string },
): Record<string, string> {
  const cleared: Record<string, string> = {
    PATH: ["/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
    HOME: `${folder}/home`,
    TMPDIR: `${folder}/temporary`,
    LANG: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONNOUSERSITE: "1",
    PYTHONSAFEPATH: "1",
    PYTHONUTF8: "1",
  };
  if (modules !== undefined) cleared["PYTHONPATH"] = modules;
  for (const name of passedOn) {
    const value = environment[name];
    if (value !== undefined && value !== "") cleared[name] = value;
  }
  return cleared;
}
