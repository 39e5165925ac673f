import { randomFrom } from "./seeded-random.ts";

/** A skill that was made for a measurement. */
export interface MadeSkill {
  name: string;
  description: string;
  /** Name, description and body, as they are compared. */
  text: string;
  body: string;
  /** Skills of one subject are variants of each other. */
  subject: number;
}

const operators =
  "reduction softmax layernorm matmul attention convolution elementwise transpose gather scatter scan pooling quantisation embedding rotary loss sort histogram".split(
    " ",
  );
const actions =
  "hold load split fuse hoist pad swizzle prefetch unroll vectorise pipeline reorder mask accumulate cache stream broadcast tile pack skip".split(
    " ",
  );
const things =
  "row column tile block warp stage register bank pointer stride mask loop grid program accumulator buffer tail line page lane".split(
    " ",
  );
const conditions =
  "when rows are wide|when the tail is short|for half precision|where registers spill|on a single pass|before the loop|after the reduction|when strides differ|for contiguous inputs|where latency shows".split(
    "|",
  );

const syllables = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split(" ");

/** Words of a subject that few other subjects have. */
const ownWords = 40;
/** Methods of a subject. */
const methodsOfSubject = 6;
const variantsOfSubject = 6;

/** `count` skills in the form of the seed systems, six of each subject; the same for the same count. */
export function madeSkills(count: number): MadeSkill[] {
  const random = randomFrom(17);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = (words: readonly string[]): string => words[below(words.length)] ?? "";
  const word = (): string => `${pick(syllables)}${pick(syllables)}${pick(syllables)}`;
  const sentence = (own: readonly string[]): string => {
    const name = `${pick(actions)}_${pick(own)}`;
    return `${pick(actions)} the ${pick(own)} ${pick(things)} ${pick(conditions)}, with \`${name}\` and ${pick(own)} ${2 ** below(13)}; ${pick(own)} each ${pick(own)} before the ${pick(own)} of ${pick(own)}.`;
  };
  const method = (own: readonly string[]): { title: string; text: string } => ({
    title: `${pick(actions)} the ${pick(own)} ${pick(things)}`,
    text: `${sentence(own)} ${sentence(own)}`,
  });
  const skills: MadeSkill[] = [];
  for (let subject = 0; skills.length < count; subject += 1) {
    const operator = `${pick(operators)} ${pick(things)}`;
    const own = Array.from({ length: ownWords }, word);
    const known = Array.from({ length: methodsOfSubject }, () => method(own));
    for (let variant = 0; variant < variantsOfSubject && skills.length < count; variant += 1) {
      const shared = known
        .filter(() => random() < 0.6)
        .map(({ title, text }) => ({ title, text: edited(text, random, pick) }));
      const methods = [...shared, method(Array.from({ length: ownWords }, word))];
      const name = `triton-cuda-case-${operator.replaceAll(" ", "-")}-${subject}-${variant}`;
      const description = `Speed up ${operator} kernels: ${methods.map(({ title }) => title).join(", ")}.`;
      const list = methods
        .map(({ title, text }, index) => `### ${index + 1}. ${title}\n\n${text}`)
        .join("\n\n");
      const body = `## Task characteristics\n\nKernels of the class ${operator}, bound by memory.\n\n## Optimization methods\n\n${list}\n\n## Applicability boundaries\n\nOnly for contiguous inputs; measure again on another architecture.\n`;
      skills.push({
        name,
        description,
        body,
        subject,
        text: `${name.split("-").join(" ")}\n${description}\n${body}`,
      });
    }
  }
  return skills;
}

/** One word in eight replaced. */
function edited(text: string, random: () => number, pick: (words: readonly string[]) => string): string {
  return text
    .split(" ")
    .map((word) => (random() < 0.125 ? pick(things) : word))
    .join(" ");
}
