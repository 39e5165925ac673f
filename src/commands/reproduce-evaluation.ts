import { relative, sep } from "node:path";
import { liesInside } from "../files/real-path.ts";
import { formatModelSpec, parseModelSpec } from "../models/spec.ts";
import { shellWord } from "../report/shell-word.ts";

export interface ReproducedEvaluation {
  /** Folders of the skills; absolute. */
  folders: readonly string[];
  students: readonly string[];
  judge: string | null;
  repeats: number;
  maxRepeats: number;
  seed: number;
  base: string | undefined;
  placebo: boolean;
}

/** The longest that a plan may hold. */
const longest = 2000;

/**
 * The command that makes an evaluation again, from the folder `from`. It is published, so it names neither folders of
 * this machine nor the address of a server.
 */
export function reproduceEvaluation(request: ReproducedEvaluation, from: string): string {
  const { folders, students, judge, repeats, maxRepeats, seed, base, placebo } = request;
  const names = folders.map((folder) => shellWord(publicPath(folder, from)));
  const options = [
    ...students.flatMap((spec) => ["--student", shellWord(publicSpec(spec))]),
    ...(judge === null ? [] : ["--judge", shellWord(publicSpec(judge))]),
    "--repeats",
    `${repeats}`,
    ...(maxRepeats === repeats ? [] : ["--max-repeats", `${maxRepeats}`]),
    "--seed",
    `${seed}`,
    ...(base === undefined ? [] : ["--base", base]),
    ...(placebo ? ["--placebo"] : []),
  ];
  const command = ["overproof evaluate", ...names, ...options].join(" ");
  if (command.length <= longest) return command;
  const short = ["overproof evaluate", ...options, `# ${names.length} skills`].join(" ");
  return short.length <= longest ? short : "overproof evaluate # with options too long to show";
}

function publicPath(folder: string, from: string): string {
  const inside = liesInside(folder, from)
    ? relative(from, folder).split(sep).join("/") || "."
    : "SKILL_FOLDER";
  // A name that begins with a hyphen would be read as an option.
  return inside.startsWith("-") ? `./${inside}` : inside;
}

function publicSpec(spec: string): string {
  const parsed = parseModelSpec(spec);
  if (parsed.kind === "replay") return "replay:FOLDER";
  return formatModelSpec(parsed).replace(/@https?:.*$/i, "@BASE_URL");
}
