/** A line that a reviewer should read twice; `what` continues "The line …". */
export interface WarningSign {
  /** 1-based. */
  line: number;
  what: string;
}

interface Sign {
  /** Linear on a line. */
  pattern: RegExp;
  what: string;
  /**
   * In a skill, which tells an agent what to do, more is worth a look than in a trace, which tells what agents do all
   * day: fetch, remove, name addresses.
   */
  inSkillsOnly?: true;
}

/** What other people's text tries when it wants an agent to do something. */
const signs: readonly Sign[] = [
  {
    pattern:
      /\|\s?(?:sudo )?(?:\/bin\/|\/usr\/bin\/)?(?:ba|z|da|k)?sh\b|\b(?:ba|z|da|k)?sh\s+(?:-c\s+["']?\$\(|<\()\s*(?:curl|wget)|\b(?:eval|source)\s+["']?(?:\$\(|<\(|`)\s*(?:curl|wget)|\|\s?(?:iex|Invoke-Expression)\b|\biex\s*\(|\b(?:curl|wget)\b.{0,300}\|\s?(?:sudo )?(?:python3?|perl|ruby|node)\b/i,
    what: "pipes something into a shell",
  },
  {
    pattern:
      /\b(?:ignore|disregard|forget|override|bypass)\b[^.]{0,40}\b(?:instructions?|rules|guidelines|directives|(?:system|previous|prior|earlier) (?:prompts?|messages?))\b|\b(?:ignore|disregard|forget)\s(?:all|everything|anything)\s[^.]{0,20}\b(?:above|before|previous|prior|earlier)\b/i,
    what: "tells to ignore instructions",
  },
  {
    pattern:
      /\b(?:note|message|attention|instructions?|important|notice)\b[^.\n]{0,12}\b(?:to|for|:)\s?(?:all |any |the )?(?:AI|LLM|coding|language)[ -]?(?:agents?|assistants?|models?|bots?)\b|\bif you are an? (?:AI|LLM|large language|language model|agent|assistant)\b|\bas an AI (?:agent|assistant|model), you (?:must|should|shall|will)\b|\byou are now (?:an?|in|the|no longer)\b|\bfrom now on,? you (?:must|will|shall|are)\b|\b(?:new|updated|real) (?:system )?(?:instructions?|prompt) ?:/i,
    what: "gives instructions to whoever reads it",
  },
  {
    pattern:
      /\b(?:do not|don't|never|without)\s(?:tell|telling|inform|informing|alert|alerting|notify|notifying|mention|mentioning|reveal|revealing)\b[^.]{0,40}\b(?:users?|humans?|reviewers?|maintainers?|developers?|operators?|anyone|anybody)\b/i,
    what: "gives instructions to hide something",
  },
  {
    pattern:
      /\b(?:reveal|print|show|repeat|output|leak|share|send)\b[^.]{0,30}\b(?:your|the) (?:system|hidden|initial|original) (?:prompt|message|instructions)\b/i,
    what: "asks for the instructions of an agent",
  },
  {
    pattern:
      /<\/?(?:system|system[-_]prompt|assistant|human|instructions?)>|\[\/?(?:INST|SYS(?:TEM)?)\]|<<\/?SYS>>|<\|(?:im_start|im_end|system|assistant|user|start_header_id|eot_id)\|>|^\s*#{2,4} ?(?:System|Instruction|Assistant) ?:/,
    what: "holds a mark that sets off instructions of a system or a role",
  },
  { pattern: /<!--|<\/?(?:script|img|iframe|style)\b/i, what: "holds HTML" },
  {
    pattern:
      /(?:~|\$HOME|\/home\/[^/\s]{1,40}|\/root)\/\.(?:ssh|aws|azure|gnupg|kube|docker|netrc|npmrc|pypirc|git-credentials|config\/gh|cache\/huggingface\/token)\b|\b(?:id_rsa|id_ed25519|\.ssh\/|\.aws\/|\.npmrc|\.netrc|\.pypirc|\.git-credentials|\/etc\/shadow)\b/i,
    what: "names a place where credentials lie",
  },
  {
    pattern:
      /\b(?:send|post|upload|forward|exfiltrate|transmit|submit|leak|e?mail)\b[^.]{0,60}\b(?:keys?|secrets?|tokens?|credentials?|passwords?|environment|env|\.env|history|source code)\b.{0,60}(?:https?:\/\/|\S@\S)|\b(?:curl|wget)\b.{0,200}(?:--data(?:-binary|-raw)?|-d|-F|-T|--upload-file|--post-file)[ =]?["']?\S{0,40}(?:@|\$\(|`|\.env\b|\.ssh\b|\.aws\b)/i,
    what: "sends secrets or files to an outside address",
  },
  {
    pattern:
      /\bbase64 (?:-d|-D|--decode)\b.{0,60}\|\s?\w*(?:sh|python3?)\b|\becho\s["']?[A-Za-z0-9+/=]{40,}["']?\s?\|\s?base64\b/i,
    what: "runs encoded text in a shell",
  },
  {
    pattern: /\b(?:curl|wget|iwr|Invoke-WebRequest)\b/i,
    what: "fetches something from the network",
    inSkillsOnly: true,
  },
  { pattern: /https?:\/\/|\bwww\./i, what: "names an outside address", inSkillsOnly: true },
  {
    pattern: /\b(?:sudo|rm -rf|chmod \+x|eval|base64 -d)\b/i,
    what: "names a dangerous command",
    inSkillsOnly: true,
  },
  { pattern: /[A-Za-z0-9+/]{120}/, what: "holds a long encoded text", inSkillsOnly: true },
];

/** Lines longer than this are looked at from both ends only. */
const maxLine = 4000;

/** The lines of a skill that show one of the signs, each sign once a line. */
export function warningSigns(text: string): WarningSign[] {
  const found: WarningSign[] = [];
  for (const [index, line] of text.split("\n").entries())
    for (const what of signsOfLine(line, "skill")) found.push({ line: index + 1, what });
  return found;
}

/** The signs of one line, of a skill or of a text in a trace. */
export function signsOfLine(whole: string, place: "skill" | "trace"): string[] {
  const line = whole.length > maxLine ? `${whole.slice(0, maxLine / 2)} ${whole.slice(-maxLine / 2)}` : whole;
  return signs
    .filter(({ inSkillsOnly, pattern }) => (place === "skill" || !inSkillsOnly) && pattern.test(line))
    .map(({ what }) => what);
}
