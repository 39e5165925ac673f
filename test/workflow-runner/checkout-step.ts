import { cp, mkdir, rm, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { git, tryGit } from "../github/git.ts";
import { withToken } from "../github/clone.ts";
import type { StepWorld } from "./step-world.ts";

/**
 * What `actions/checkout` 7 does: the event's commit, or a named one, with its history where `fetch-depth` is 0. Real
 * git over the fake GitHub, with the token of the step. Another repository is one of the programs, which is copied.
 */
export async function checkout(inputs: Record<string, string>, world: StepWorld): Promise<void> {
  const folder = resolve(world.workspace, inputs.path || ".");
  const repository = inputs.repository || world.repository;
  const program = world.programs[repository];
  if (program !== undefined) return copyProgram(program, folder);
  if (repository !== world.repository) throw new Error(`Not Found: ${repository}`);
  await mkdir(folder, { recursive: true });
  const token = withToken(inputs.token || world.token);
  const url = `${world.github.url}/${repository}.git`;
  await git(folder, ["init", "--quiet"]);
  await git(folder, ["remote", "add", "origin", url]);
  const wanted = inputs.ref || world.sha;
  const isBranch = !/^[0-9a-f]{40}$/.test(wanted);
  const whole = inputs["fetch-depth"] === "0";
  const depth = whole ? [] : [`--depth=${inputs["fetch-depth"] || 1}`];
  const source = isBranch ? wanted : `+${wanted}:refs/overproof-test/head`;
  const refs = whole ? ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*", source] : [source];
  const fetched = await tryGit(folder, ["fetch", "--quiet", "--no-tags", ...depth, "origin", ...refs], token);
  if (fetched.code !== 0) throw new Error(`git fetch: ${fetched.stderr}`);
  const sparse = inputs["sparse-checkout"] ?? "";
  if (sparse !== "") await git(folder, ["sparse-checkout", "set", "--no-cone", ...sparse.split(/\s+/)]);
  const branch = inputs.ref ? undefined : /^refs\/heads\/(.+)$/.exec(world.ref)?.[1];
  const tip = isBranch ? "FETCH_HEAD" : wanted;
  if (branch === undefined) await git(folder, ["checkout", "--quiet", "--detach", tip]);
  else {
    await git(folder, ["update-ref", `refs/remotes/origin/${branch}`, tip]);
    await git(folder, ["checkout", "--quiet", "-B", branch, tip]);
  }
  if (inputs["persist-credentials"] !== "false") throw new Error("The checkout would keep its token.");
}

/** The small files are copied; what is large and only read is linked to. */
async function copyProgram(program: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(join(program, "action.yml"), join(folder, "action.yml"));
  for (const part of ["dist", "harness"]) await symlink(join(program, part), join(folder, part));
}
