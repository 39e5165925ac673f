import { compareText } from "../compare-text.ts";
import { sha256 } from "../digest.ts";

/** A skill as an arm gives it to a student; null gives nothing. */
export interface Given {
  name: string;
  description: string;
  /** Body of the SKILL.md, without front matter. */
  body: string;
  /** Text of the files that the body may refer to, by their paths below the skill's folder. */
  files: ReadonlyMap<string, string>;
  /** All files of the skill, by the same paths, as an agent gets them; absent where no agent takes part. */
  installed?: ReadonlyMap<string, Uint8Array>;
}

/** SHA-256 of all that a chat student can see of a skill; null where nothing is given. */
export function givenDigest(given: Given | null): string | null {
  if (given === null) return null;
  const files = [...given.files].sort(([a], [b]) => compareText(a, b));
  return sha256(JSON.stringify([given.name, given.description, given.body, files]));
}

/** The same of what a student sees that only chooses among skills. */
export function offeredDigest(given: Given | null): string | null {
  return given === null ? null : sha256(JSON.stringify([given.name, given.description]));
}

/** The same of what an agent finds in its folder of skills. */
export function installedDigest(given: Given | null): string | null {
  if (given === null) return null;
  const files = [...(given.installed ?? [])].map(([path, bytes]): [string, string] => [path, sha256(bytes)]);
  return sha256(JSON.stringify([given.name, files.sort(([a], [b]) => compareText(a, b))]));
}

/** Sentences that help with no task: true, dull and about nothing that an agent is asked. */
const filler = [
  "Rain falls more often in autumn than in summer in many towns.",
  "A garden path keeps its shape when its edges are laid in stone.",
  "Most tea is better when the water has rested for a moment.",
  "Old maps show rivers where there are streets today.",
  "A wooden chair lasts longer in a dry room.",
  "Swallows return to the same barn for several years.",
  "The second shelf of a bookcase is the one that people reach for first.",
  "Bread keeps for days in a linen bag.",
];

/** A skill of the same length in characters that is beside the point: does any text in this place change the answers? */
export function placeboOf(given: Given): Given {
  let body = "# Notes\n\n";
  for (let index = 0; body.length < given.body.length; index += 1) {
    body += `${filler[index % filler.length] ?? ""}${index % 4 === 3 ? "\n\n" : " "}`;
  }
  const { name, description } = given;
  const placebo = {
    name,
    description,
    body: body.slice(0, given.body.length),
    files: new Map<string, string>(),
  };
  if (given.installed === undefined) return placebo;
  const text = `---\nname: ${name}\ndescription: ${JSON.stringify(description)}\n---\n\n${placebo.body}`;
  return { ...placebo, installed: new Map([["SKILL.md", Buffer.from(text)]]) };
}
