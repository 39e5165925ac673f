import { basename, relative, resolve, sep } from "node:path";
import { maxReproduce } from "../distill/proposal.ts";
import { liesInside } from "../files/real-path.ts";
import { formatModelSpec, parseModelSpec } from "../models/spec.ts";
import { isOrganizeCommand } from "../organize/organize-command.ts";
import { shellWord } from "../report/shell-word.ts";
import { maskedName } from "../secrets/masked-name.ts";
import type { OrganizeRequest } from "./organize.ts";

/**
 * The command that makes a proposal of organize again, from the folder of the repository. It is published, so it names
 * neither folders of this machine nor the address of a server.
 */
export function reproduceOrganize(
  { scopes, library, model, output, config }: OrganizeRequest,
  cwd: string,
  repository: string,
): string {
  const place = (path: string): string => {
    const absolute = resolve(cwd, path);
    const inside = liesInside(absolute, repository)
      ? relative(repository, absolute).split(sep).join("/") || "."
      : basename(absolute);
    return inside.startsWith("-") ? `./${inside}` : inside;
  };
  const given: [string, string | undefined][] = [
    ["--library", library && place(library)],
    ["--model", model && publicModel(model, place)],
    ["--output", output && place(output)],
    ["--config", config && place(config)],
  ];
  const options = given.flatMap(([name, value]) =>
    value === undefined ? [] : [name, shellWord(maskedName(value))],
  );
  const command = ["overproof organize", ...scopes.map(shellWord), ...options, "--dry-run"].join(" ");
  const fits = command.length <= maxReproduce && isOrganizeCommand(command);
  return fits ? command : "overproof organize # with options too long to show";
}

function publicModel(spec: string, place: (path: string) => string): string {
  const parsed = parseModelSpec(spec);
  if (parsed.kind === "replay") return formatModelSpec({ ...parsed, folder: place(parsed.folder) });
  return formatModelSpec(parsed).replace(/@https?:.*$/i, "@BASE_URL");
}
