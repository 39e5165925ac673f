import type { FrontMatter } from "../skills/front-matter.ts";
import type { SurvivorRequest } from "./survivor.ts";

/** Metadata that is not simply what the sources say. */
const ownKeys = new Set([
  "source",
  "category",
  "case_type",
  "dsl",
  "backend",
  "hardware",
  "version",
  "supersedes",
]);

/**
 * The front matter of a survivor: what its sources agree on stays, hardware and other metadata are united, and it says
 * which skills it takes the place of. Tools that not every source is allowed are left out.
 */
export function survivorFrontMatter({ kind, name, description, sources }: SurvivorRequest): FrontMatter {
  const all = sources.map(({ frontMatter }) => frontMatter);
  const of = (key: string): string[] => distinct(all.map(({ metadata }) => metadata[key]));
  const category = of("category")[0] ?? of("case_type")[0];
  const source = kind === "merge" ? "merged" : of("source")[0];
  const hardware = distinct(of("hardware").flatMap((list) => list.split(","))).join(", ");
  const others = [...new Set(all.flatMap(({ metadata }) => Object.keys(metadata)))]
    .filter((key) => !ownKeys.has(key))
    .map((key) => [key, of(key).join(", ")] as const);
  const licenses = distinct(all.map(({ license }) => license));
  const compatibility = distinct(all.map((one) => one.compatibility)).join(" ");
  const tools = distinct(all.map(({ allowedTools }) => allowedTools ?? "-"));
  const [onlyTools] = tools;
  const metadata = Object.fromEntries(
    [
      ["source", source],
      ["category", category],
      ["dsl", of("dsl")[0]],
      ["backend", of("backend")[0]],
      ["hardware", hardware],
      ...others,
      ["version", nextVersion(of("version"))],
      ["supersedes", sources.map(({ skill }) => skill.name).join(", ")],
    ].filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
  return {
    name,
    description,
    ...(licenses.length > 0 ? { license: licenses.join("; ") } : {}),
    ...(compatibility === "" ? {} : { compatibility }),
    ...(tools.length === 1 && onlyTools !== undefined && onlyTools !== "-"
      ? { allowedTools: onlyTools }
      : {}),
    metadata,
  };
}

/** Trimmed, without empty ones, each once, in order. */
function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.flatMap((value) => value?.trim() || []))];
}

/** The next minor version after the highest of the sources; those without one count as 1.0.0. */
function nextVersion(versions: readonly string[]): string {
  let highest: [number, number] = [1, 0];
  for (const version of versions) {
    const [, major, minor] = /^(\d{1,6})\.(\d{1,6})\.\d{1,6}$/.exec(version) ?? [];
    if (major === undefined || minor === undefined) continue;
    const found: [number, number] = [Number(major), Number(minor)];
    if (found[0] > highest[0] || (found[0] === highest[0] && found[1] > highest[1])) highest = found;
  }
  return `${highest[0]}.${highest[1] + 1}.0`;
}
