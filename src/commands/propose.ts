import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { parseProposal, type Proposal } from "../distill/proposal.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import type { OrganizeProposal } from "../organize/organize-proposal.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import type { Context } from "./context.ts";
import { type ChangedSkill, distilledChange } from "./distilled-change.ts";
import { landChange, type Landed } from "./land-change.ts";
import { type LandingRequest, openLandingPlace } from "./landing-place.ts";
import { resultsBeside } from "./proposed-results.ts";

export interface ProposeRequest extends LandingRequest {
  proposal: string;
  /** Folder with plan and results of an evaluation, for the text of the pull request; none when absent. */
  results?: string | undefined;
}

export interface ProposeResult extends Landed {
  command: "propose";
  /** Each skill once, with what this proposal changes on the branch. */
  skills: ChangedSkill[];
}

/**
 * Turns a proposal into one commit on the branch of its purpose, and that into a pull request; a later run updates
 * both. The working tree and index of the repository stay as they are.
 * Throws `Failure`: 1 for a proposal that may not be written, 2 for wrong input, 3 when git or GitHub keep failing.
 */
export async function propose(request: ProposeRequest, outer: Context): Promise<ProposeResult> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const proposal = await readProposal(request.proposal, context.cwd);
  const place = await openLandingPlace(request, context);
  const results = await resultsBeside(request.results, context);
  if (proposal.command === "organize") {
    const { organizedChange } = await import("./organized-change.ts");
    const { landed, made } = await landChange(organizedChange(proposal, place, results), place);
    return { command: "propose", ...landed, skills: made.step?.skills ?? [] };
  }
  const { landed, made } = await landChange(distilledChange(proposal, place, results), place);
  return { command: "propose", ...landed, skills: made.skills };
}

async function readProposal(path: string, cwd: string): Promise<Proposal | OrganizeProposal> {
  const text = await readFile(resolve(cwd, path), "utf8").catch((error: unknown) => {
    const remedy = "Name the proposal.json that distill or organize wrote.";
    throw usageFailure(`${path} cannot be read: ${reasonOf(error)}.`, remedy, error);
  });
  const proposal = await parse(text, path);
  // What is cut short in the text of the pull request is no longer known as a secret there.
  await requireNoSecrets([{ name: path, text: JSON.stringify(proposal, null, 2) }]);
  return proposal;
}

/** By the command that made it; what names no other one is held against the schema of distill. */
async function parse(text: string, path: string): Promise<Proposal | OrganizeProposal> {
  if (commandOf(text) !== "organize") return parseProposal(text, path);
  const { parseOrganizeProposal } = await import("../organize/organize-proposal.ts");
  return parseOrganizeProposal(text, path);
}

const madeBy = z.looseObject({ command: z.string() });

function commandOf(text: string): string | undefined {
  try {
    return madeBy.safeParse(JSON.parse(text)).data?.command;
  } catch {
    return undefined;
  }
}
