import { join } from "node:path";
import { libraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";
import type { Claim } from "../distill/claim.ts";
import { readEvidenceFiles, type TraceEntry } from "../distill/evidence-file.ts";
import { reconcile } from "../distill/reconcile.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { scanLibrary } from "../skills/library.ts";
import type { Context } from "./context.ts";
import { reportedPath } from "./reported-path.ts";

export interface ShowResult {
  command: "show";
  name: string;
  /** Of the SKILL.md, relative to the working folder when inside it. */
  path: string;
  description: string;
  metadata: Record<string, string>;
  /** The SKILL.md as it stands. */
  text: string;
  traces: TraceEntry[];
  /** Claims as they stand in the file now, also those that a person changed since. */
  claims: (Claim & { items: Evidence[] })[];
}

/** One skill with what each claim rests on. Throws `Failure` (exit code 2) for a name that the library lacks. */
export async function show(
  request: { name: string; library?: string | undefined; config?: string | undefined },
  context: Context,
): Promise<ShowResult> {
  const cwd = await realPath(context.cwd);
  const loaded = await loadConfig(cwd, request.config);
  const home = await libraryHome(cwd, loaded, request.library);
  const { skills } = await scanLibrary(home.library);
  const found = skills.find((skill) => skill.name === request.name);
  if (!found) {
    const close = skills
      .map((skill) => skill.name)
      .filter((name) => name.includes(request.name))
      .slice(0, 5);
    throw usageFailure(
      `There is no skill ${request.name} in ${reportedPath(home.library, cwd)}.`,
      close.length > 0 ? `Did you mean ${close.join(" or ")}?` : "Run overproof list to see the names.",
    );
  }
  const file = (await readEvidenceFiles(home.evidence)).get(found.name);
  const { claims, handEvidence } = reconcile(found.skill.body, file?.claims ?? [], found.path);
  const items = new Map([...(file?.evidence ?? []), ...handEvidence].map((item) => [item.id, item]));
  return {
    command: "show",
    name: found.name,
    path: reportedPath(join(home.library, found.path), cwd),
    description: found.skill.frontMatter.description,
    metadata: found.skill.frontMatter.metadata,
    text: found.skill.text,
    traces: file?.traces ?? [],
    claims: claims.map((claim) => ({
      ...claim,
      items: claim.evidence.map((id) => items.get(id)).filter((item) => item !== undefined),
    })),
  };
}
