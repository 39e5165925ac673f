import { sha256 } from "../digest.ts";

/** A skill as an arm gives it to a student; null gives nothing. */
export interface Given {
  name: string;
  description: string;
  /** Body of the SKILL.md, without front matter. */
  body: string;
  /** Text of the files that the body may refer to, by their paths below the skill's folder. */
  files: ReadonlyMap<string, string>;
}

/** SHA-256 of all that a student can see of a skill; null where nothing is given. */
export function givenDigest(given: Given | null): string | null {
  if (given === null) return null;
  const files = [...given.files].sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify([given.name, given.description, given.body, files]));
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
  return {
    name: given.name,
    description: given.description,
    body: body.slice(0, given.body.length),
    files: new Map(),
  };
}
