import type { Place } from "../reporter.ts";
import type { Call } from "../traces/session.ts";
import { ownCopy } from "./session-history.ts";

/** A version or a piece of hardware that an output names. */
export interface Setting {
  name: string;
  value: string;
  place: Place;
}

const version = "\\d+\\.\\d+(?:\\.\\d+)?(?:[+.-][\\w.]+)?";

/** Lines of well-known tools; each pattern is linear on a line. */
const patterns: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["nvcc", /\bCuda compilation tools, release (\d+\.\d+)/],
  ["nvcc", /\bBuild cuda_(\d+\.\d+)/],
  ["CUDA", /\bCUDA Version: (\d+\.\d+)/],
  ["driver", /\bDriver Version: (\d+(?:\.\d+)+)/],
  ["python", /^Python (3\.\d+(?:\.\d+)?)/],
  ["gcc", /^gcc .*?(\d+\.\d+\.\d+)$/],
  ["device", /\b(NVIDIA (?:[A-Z]+\d\w*|GeForce|RTX|Quadro|Tesla|Graphics)(?: [\w-]+){0,4})/],
  ["device", /\b(AMD Instinct \w+)/],
  ["capability", /\bNVIDIA [\w -]+, (\d+\.\d)\s*$/],
  ["capability", /\bcompute capability:? (\d+\.\d)\b/i],
];
/** After a blank only a version of three parts is one: "torch 24.0" may be a time. */
const packages = new RegExp(
  `\\b(torch|triton|numpy|cupy|jax|cutlass|tilelang|ninja|cmake)(?:(?:==|@|: ?v?)(${version})| +v?(\\d+\\.\\d+\\.\\d+[\\w.+]*))(?=\\s|$|,)`,
  "gi",
);

/** A quick look before the closer ones: most outputs name nothing of this. */
const anySetting =
  /release \d|Build cuda|(?:CUDA|Driver) Version|NVIDIA|AMD Instinct|compute capability|^Python 3|^gcc |\b(?:torch|triton|numpy|cupy|jax|cutlass|tilelang|ninja|cmake)(?:==|@|: ?v?\d| +v?\d+\.\d+\.)/im;

const maxLooked = 8000;
const maxSettings = 24;

/** Reads versions and hardware from the result of a shell call into `settings`; the first value of a name stays. */
export function readSettings(settings: Map<string, Setting>, call: Call): void {
  const { result, command } = call;
  if (!result || call.kind !== "shell" || settings.size >= maxSettings) return;
  const text = result.text.slice(0, maxLooked);
  const keep = (name: string, value: string | undefined): void => {
    if (value === undefined || settings.has(name) || settings.size >= maxSettings) return;
    const place = { file: result.origin.file, line: result.origin.line_from };
    settings.set(name, { name, value: ownCopy(value.trim()), place });
  };
  const lines = anySetting.test(text) ? text.split("\n").slice(0, 200) : [];
  for (const line of lines) {
    if (line.length > 300 || !/\d/.test(line)) continue;
    for (const [name, pattern] of patterns) keep(name, pattern.exec(line)?.[1]);
    for (const [, name = "", exact, spaced] of line.matchAll(packages))
      keep(name.toLowerCase(), exact ?? spaced);
  }
  // `print(torch.__version__, triton.__version__)` prints the versions in the order of the names.
  const asked = [...(command ?? "").slice(0, maxLooked).matchAll(/\b(\w+)\.__version__/g)].map(
    ([, name = ""]) => name,
  );
  if (asked.length === 0) return;
  const printed = text
    .split("\n")
    .find((line) => line.split(/\s+/).filter(isVersion).length === asked.length);
  const values = printed?.split(/\s+/).filter(isVersion) ?? [];
  for (const [index, name] of asked.entries()) keep(name, values[index]);
}

function isVersion(word: string): boolean {
  return new RegExp(`^${version}$`).test(word);
}
