import { basename, relative, resolve, sep } from "node:path";
import { maxReproduce } from "../distill/proposal.ts";
import { liesInside } from "../files/real-path.ts";
import { formatModelSpec, parseModelSpec } from "../models/spec.ts";
import { shellWord } from "../report/shell-word.ts";

export interface Reproduced {
  paths: readonly string[];
  mode: string;
  artifact?: { runId: string; name: string } | undefined;
  op?: string | undefined;
  model?: string | undefined;
  output?: string | undefined;
  config?: string | undefined;
}

/**
 * The command that makes a proposal again, from the folder of the repository. It is published, so it names neither
 * folders of this machine nor the address of a server. Traces that make it too long are counted and not named.
 */
export function reproduceCommand(request: Reproduced, cwd: string, repository: string): string {
  const place = (path: string): string => {
    const absolute = resolve(cwd, path);
    if (!liesInside(absolute, repository)) return basename(absolute);
    const inside = relative(repository, absolute).split(sep).join("/") || ".";
    // A name that begins with a hyphen would be read as an option.
    return inside.startsWith("-") ? `./${inside}` : inside;
  };
  const given: [string, string | undefined][] = [
    ["--artifact", request.artifact && `${request.artifact.runId}/${request.artifact.name}`],
    ["--op", request.op],
    ["--model", request.model && publicModel(request.model, place)],
    ["--output", request.output && place(request.output)],
    ["--config", request.config && place(request.config)],
  ];
  const options = given.flatMap(([name, value]) => (value === undefined ? [] : [name, shellWord(value)]));
  const words = request.paths.map((path) => shellWord(place(path)));
  const command = (count: number): string => {
    const rest = words.length - count;
    const more = rest === 0 ? [] : [`# and ${rest} more ${rest === 1 ? "trace" : "traces"}`];
    const shown = words.slice(0, count);
    return ["overproof distill", ...shown, "--mode", request.mode, ...options, "--dry-run", ...more].join(
      " ",
    );
  };
  let count = words.length;
  while (count > 0 && command(count).length > maxReproduce) count -= 1;
  const shortest = command(count);
  return shortest.length > maxReproduce ? "overproof distill # with options too long to show" : shortest;
}

function publicModel(spec: string, place: (path: string) => string): string {
  const parsed = parseModelSpec(spec);
  if (parsed.kind === "replay") return formatModelSpec({ ...parsed, folder: place(parsed.folder) });
  return formatModelSpec(parsed).replace(/@https?:.*$/i, "@BASE_URL");
}
