/** Signatures that are alike. */
export interface SignatureGroup {
  /** The words that all of them share; `<*>` for those that differ. */
  template: string;
  /** In order of arrival, each once. */
  signatures: string[];
  /** How many were added. */
  count: number;
}

/** Two signatures with this share of equal words in equal places are alike (Drain's usual threshold is 0.4 to 0.6). */
const alike = 0.6;
/** Leading words that pick the branch. */
const depth = 2;

/**
 * Groups signatures as they come, as Drain does (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth
 * Tree", ICWS 2017): by number of words, then by first words, then by words that agree. Unlike Drain it never joins two that
 * differ in a literal, such as a quoted name or `sm_90`: those are different errors. The group found depends on the
 * order of arrival; callers add in a fixed order.
 */
export function signatureTree(): { add(signature: string): SignatureGroup; groups(): SignatureGroup[] } {
  const branches = new Map<string, SignatureGroup[]>();
  const all: SignatureGroup[] = [];

  function add(signature: string): SignatureGroup {
    const words = signature.split(/\s+/);
    const first = words.slice(0, depth).map((word) => (/[<\d]/.test(word) ? "<*>" : word));
    const branch = [words.length, ...first].join(" ");
    const candidates = branches.get(branch) ?? [];
    let chosen: SignatureGroup | undefined;
    let most = 0;
    for (const group of candidates) {
      const share = sharedWords(group.template.split(/\s+/), words);
      if (share >= alike && share > most) [chosen, most] = [group, share];
    }
    if (chosen === undefined) {
      chosen = { template: signature, signatures: [], count: 0 };
      branches.set(branch, [...candidates, chosen]);
      all.push(chosen);
    }
    const template = chosen.template.split(/(\s+)/);
    words.forEach((word, index) => {
      if (template[2 * index] !== word) template[2 * index] = "<*>";
    });
    chosen.template = template.join("");
    chosen.count += 1;
    if (!chosen.signatures.includes(signature)) chosen.signatures.push(signature);
    return chosen;
  }

  return { add, groups: () => all };
}

/** The share of equal words; zero where a literal differs. */
function sharedWords(template: readonly string[], words: readonly string[]): number {
  let equal = 0;
  for (const [index, word] of words.entries()) {
    if (template[index] === word) equal += 1;
    else if (isLiteral(word) || isLiteral(template[index] ?? "")) return 0;
  }
  return equal / words.length;
}

/** Quoted, with a digit, an underscore or an inner dot; placeholders of the mask are none. */
function isLiteral(word: string): boolean {
  const plain = word.replaceAll(/<\w+>/g, "");
  return /["'`\d_]|\w\.\w|::/.test(plain);
}
