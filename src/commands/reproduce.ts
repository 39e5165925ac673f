import { basename, relative, resolve, sep } from "node:path";
import { maxReproduce } from "../distill/proposal.ts";
import { isReproduceCommand } from "../distill/reproduce-command.ts";
import { liesInside } from "../files/real-path.ts";
import { formatModelSpec, parseModelSpec } from "../models/spec.ts";
import { maskedName } from "../secrets/masked-name.ts";
import { shellWord } from "../report/shell-word.ts";
import { isShowable } from "../report/published-command.ts";

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
 * folders of this machine nor the address of a server, and secrets in names are masked. Traces that make it too long, or
 * whose names cannot be shown on one line, are counted and not named.
 */
export function reproduceCommand(request: Reproduced, cwd: string, repository: string): string {
  const place = (path: string): string => {
    const absolute = resolve(cwd, path);
    const inside = liesInside(absolute, repository)
      ? relative(repository, absolute).split(sep).join("/") || "."
      : basename(absolute);
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
  const options = given.flatMap(([name, value]) =>
    value === undefined ? [] : [name, shellWord(maskedName(value))],
  );
  const places = request.paths.map((path) => maskedName(place(path)));
  const words = places.filter(isShowable).map(shellWord);
  const command = (count: number): string => {
    const rest = places.length - count;
    const more = rest === 0 ? [] : [`# and ${rest} more ${rest === 1 ? "trace" : "traces"}`];
    const shown = words.slice(0, count);
    return ["overproof distill", ...shown, "--mode", request.mode, ...options, "--dry-run", ...more].join(
      " ",
    );
  };
  let count = words.length;
  while (count > 0 && command(count).length > maxReproduce) count -= 1;
  const shortest = command(count);
  const fits = shortest.length <= maxReproduce && isReproduceCommand(shortest);
  return fits ? shortest : "overproof distill # with options too long to show";
}

function publicModel(spec: string, place: (path: string) => string): string {
  const parsed = parseModelSpec(spec);
  if (parsed.kind === "replay") return formatModelSpec({ ...parsed, folder: place(parsed.folder) });
  return formatModelSpec(parsed).replace(/@https?:.*$/i, "@BASE_URL");
}
