import { isDeviceName } from "../files/device-name.ts";
import { type Problem, quoted } from "./lint-rules.ts";
import { countCharacters } from "./text-size.ts";

/** The specification's limit, in characters. */
export const longestName = 64;

const namePattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** What the specification has against a name; an absent name is the empty text. */
export function nameProblems(name: string, line: number): Problem[] {
  if (name.trim() === "") return [{ rule: "name-missing", line }];
  const problems: Problem[] = [];
  if (!namePattern.test(name)) {
    const better = shorten(slug(name));
    const hint = `Write ${quoted(better)} and give the folder the same name.`;
    problems.push({ rule: "name-format", line, values: [quoted(name)], ...(better === "" ? {} : { hint }) });
  }
  const length = countCharacters(name);
  if (length > longestName) problems.push({ rule: "name-length", line, values: [String(length)] });
  return problems;
}

/**
 * A name that the specification accepts, from a name that a model or a person proposed. Follows AKG's rules:
 * lower case, everything else becomes a hyphen; an empty proposal gives `{dsl}-{prefix}-{op}`, one without a
 * usable character `{dsl}-{prefix}-auto`. Longer names are cut at a hyphen in their second half, else at 64.
 */
export function sanitizeName(
  name: string,
  fallback: { dsl: string; prefix: "case" | "exp" | "fix" | "merged" | "session"; op: string },
): string {
  const { dsl, prefix, op } = fallback;
  const proposed = name === "" ? `${dslKey(dsl)}-${prefix}-${op}` : name;
  return besideDevices(shorten(slug(proposed) || slug(`${dslKey(dsl)}-${prefix}-auto`)));
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

function shorten(name: string): string {
  if (name.length <= longestName) return name;
  const hyphen = name.lastIndexOf("-", longestName);
  return name.slice(0, hyphen >= longestName / 2 ? hyphen : longestName);
}

/**
 * The form of a DSL in names and scopes: `triton_cuda` becomes `triton-cuda`. It becomes a folder, so whatever a log
 * calls its DSL, nothing but lower-case letters, digits and single hyphens is left; empty when there were none.
 */
export function dslKey(dsl: string): string {
  return besideDevices(shorten(slug(dsl)).replace(/-$/, ""));
}

/** Windows takes no folder that is called like one of its devices. */
function besideDevices(name: string): string {
  return isDeviceName(name) ? `${name}-kernels` : name;
}

/** Products of Ascend chips as AKG writes them into metadata, by the start of the architecture's name. */
const ascendProducts: readonly [prefix: string, product: string][] = [
  ["ascend910b", "Atlas A2"],
  ["ascend910_93", "Atlas A3"],
  ["ascend950dt", "Atlas A5"],
  ["ascend950pr", "Atlas A5"],
  ["ascend310p", "300I Duo"],
];

/** The hardware a skill names for an architecture; one without a product name stands for itself. */
export function hardwareOf(arch: string): string {
  return ascendProducts.find(([prefix]) => arch.startsWith(prefix))?.[1] ?? arch;
}
