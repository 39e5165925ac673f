import { withoutHidden } from "./hidden-characters.ts";
import { asItLooks } from "./look-alikes.ts";

/** A line that a reviewer should read twice; `what` continues "The line …". */
export interface WarningSign {
  /** 1-based. */
  line: number;
  what: string;
}

/**
 * What a text is. A skill tells an agent what to do, and is read by a reviewer: more is worth a look there than in a
 * trace, which tells what agents do all day, such as fetch, remove and install. A quote is words of a trace that would
 * stand in a skill as a reason or as advice.
 */
export type SignPlace = "trace" | "quote" | "skill";

interface Sign {
  /** Linear on a line; matched with the text as it looks, so without accents. */
  pattern: RegExp;
  what: string;
  /** Where it is one; in all places where absent. */
  places?: readonly SignPlace[];
}

const inSkills: readonly SignPlace[] = ["skill"];
const inQuotes: readonly SignPlace[] = ["quote", "skill"];

/** A host without a scheme: its first labels, and with these top levels nothing in code looks like it. */
const labels = String.raw`(?<![\w@/.$-])(?:[a-z0-9-]{1,63}\.){1,8}`;
const bareHost = String.raw`${labels}(?:com|org|xyz|top|biz|ru|cn)(?![\w(-]|\.\w)`;
const hostWithPath = String.raw`${labels}(?:com|org|net|io|dev|app|ai|co|me|info|biz|xyz|top|ru|cn|site|online|cloud)(?::\d{2,5})?\/`;

/** What other people's text tries when it wants an agent to do something. */
const signs: readonly Sign[] = [
  {
    pattern:
      /\|\s?(?:sudo )?(?:\/bin\/|\/usr\/bin\/)?(?:ba|z|da|k)?sh\b|\b(?:ba|z|da|k)?sh\s+(?:-c\s+["']?\$\(|<\()\s*(?:curl|wget)|\b(?:eval|source)\s+["']?(?:\$\(|<\(|`)\s*(?:curl|wget)|\|\s?(?:iex|Invoke-Expression)\b|\biex\s*\(|\b(?:curl|wget)\b.{0,300}\|\s?(?:sudo )?(?:python3?|perl|ruby|node)\b/i,
    what: "pipes something into a shell",
  },
  {
    // A shell script right after a download, the very file that was downloaded, or code that was.
    pattern:
      /\b(?:curl|wget)\s.{0,300}(?:;|&&)\s?(?:sudo )?(?:(?:\/usr)?\/bin\/)?(?:(?:ba|z|da|k)?sh\s(?!-c\b)|source\s|chmod\s(?:[0-7]{3,4}|[aug]{0,3}\+x)\s)|\b(?:curl|wget)\b.{0,200}\s(?:-o|-O|>)\s?(\S{2,60}?)(?:\s[^;&|]{0,120})?(?:;|&&)\s?(?:sudo )?(?:python3?|perl|ruby|node)\s\1(?!\w)|\b(?:exec|eval|os\.system|check_call|check_output|popen)\s?\(.{0,200}\b(?:urlopen|urlretrieve|urllib|requests\.get|httpx\.get)\b/i,
    what: "runs what it downloads",
  },
  {
    pattern:
      /\b(?:nc|ncat|netcat)\b.{0,80}\s-\w{0,6}[ec]\s?(?:\/\S{0,40}\/)?(?:(?:ba|z|da|k)?sh\b|cmd\b)|\bsocat\b.{0,120}\bexec:|\/dev\/(?:tcp|udp)\/[^\s/]/i,
    what: "opens a shell to another machine",
  },
  {
    pattern:
      /\bcore\.(?:hooksPath|sshCommand|fsmonitor)\b|(?:>>?|\btee\s(?:-a\s|--append\s)?)\s?["']?(?:~|\$HOME|\$\{HOME\}|\/home\/[^/\s]{1,40}|\/root)\/\.(?:(?:bash|zsh|k?sh)(?:rc|_profile|_login|_aliases|env)|z?profile|zlogin|gitconfig|vimrc|config\/(?:fish|autostart|systemd)|ssh)\b/i,
    what: "changes what a shell or git runs by itself",
  },
  {
    pattern:
      /\b(?:ignore|disregard|forget|override|bypass)\b[^.]{0,40}\b(?:instructions?|rules|guidelines|directives|(?:system|previous|prior|earlier) (?:prompts?|messages?))\b|\b(?:ignore|disregard|forget)\s(?:all|everything|anything)\s[^.]{0,20}\b(?:above|before|previous|prior|earlier)\b/i,
    what: "tells to ignore instructions",
  },
  {
    pattern:
      /\b(?:ignore|disregard|forget|pay no (?:attention|heed) to)\b[^.]{0,40}\byou (?:were|have been|had been|are)\s(?:ever )?(?:told|given|asked|instructed)\b|\bpay no (?:attention|heed) to\b[^.]{0,40}\b(?:instructions?|rules|guidelines|above|before|previous|prior|earlier|messages?)\b/i,
    what: "tells to ignore instructions",
  },
  {
    // German, French, Spanish, Portuguese and Italian.
    pattern:
      /\b(?:ignorier\w{0,4}|missacht\w{0,4}|vergiss|vergesst|vergessen sie)\b[^.]{0,60}\b(?:anweisung|instruktion|vorgabe|befehl|regel|anleitung)(?:en|n|e)?\b|\b(?:ignor(?:e[zr]?|ons)|oublie[zr]?|(?:tiens|tenez) (?:pas |aucun )?compte)\b[^.]{0,60}\b(?:consigne|directive|instruction|regle|ordre)s?\b|\b(?:ignor[aei]\w{0,3}|olvid[ae]\w{0,3}|omit[ae]\w{0,3}|descart[ae]\w{0,3}|haz caso omiso|esquec\w{1,4}|dimentica\w{0,3})\b[^.]{0,60}\b(?:instrucciones|indicaciones|reglas|ordenes|instrucoes|regras|istruzioni|regole)\b/i,
    what: "tells to ignore instructions",
  },
  {
    // Chinese and Japanese. A processor has instructions (指令) too: only those that somebody was given count.
    pattern:
      /(?:忽略|无视|無視|忽視|忘记|忘掉|忘記|不要理会|不要理會|不要遵[守循]|別理)[^。\n]{0,8}(?:所有|全部|任何|一切|之前|以前|以上|上述|先前|前面|此前|你的|系统|系統)[^。\n]{0,12}(?:指令|指示|提示|规则|規則|命令)|(?:以前|これまで|今まで|上記|すべて|全て|全部|元の)[^。\n]{0,14}(?:指示|命令|指令|ルール|プロンプト)[^。\n]{0,10}(?:無視|忘れ|従わ)/,
    what: "tells to ignore instructions",
  },
  {
    pattern:
      /\b(?:note|message|attention|instructions?|important|notice)\b[^.\n]{0,12}\b(?:to|for|:)\s?(?:all |any |the )?(?:AI|LLM|coding|language)[ -]?(?:agents?|assistants?|models?|bots?)\b|\bif you are an? (?:AI|LLM|large language|language model|agent|assistant)\b|\bas an AI (?:agent|assistant|model), you (?:must|should|shall|will)\b|\byou are now (?:an?|in|the|no longer)\b|\bfrom now on,? you (?:must|will|shall|are)\b|\b(?:new|updated|real) (?:system )?(?:instructions?|prompt) ?:|\b(?:agents?|assistants?|language models?|LLMs?|AIs?|whoever)\s(?:who |that |which )?(?:is |are )?(?:reads?|reading|sees?|seeing)\s(?:this|it)\b/i,
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
    pattern: new RegExp(
      String.raw`\b(?:send|post|upload|push|forward|exfiltrate|transmit|submit|leak|copy|e?mail)\b[^.]{0,40}\b(?:repo|repository|repositories|codebase|source|sources|workspace|working tree|home|keys?|secrets?|tokens?|credentials?|passwords?|environment|history|everything|all files)\b.{0,40}?(?:${bareHost}|${hostWithPath})`,
      "i",
    ),
    what: "sends secrets or files to an outside address",
  },
  {
    pattern:
      /\bbase64 (?:-d|-D|--decode)\b.{0,60}\|\s?\w*(?:sh|python3?)\b|\becho\s["']?[A-Za-z0-9+/=]{40,}["']?\s?\|\s?base64\b/i,
    what: "runs encoded text in a shell",
  },
  {
    pattern: /\b(?:powershell|pwsh)(?:\.exe)?\b.{0,80}\s[-/]e(?:c|nc|ncodedcommand)?\s/i,
    what: "runs encoded text in a shell",
  },
  {
    // Common in honest skills as well: which package it is, a reviewer has to see.
    pattern:
      /\b(?:pip[\d.]{0,4}|pipx|uv|npm|pnpm|yarn|bun|cargo|apt(?:-get)?|conda|mamba|micromamba|brew|gem|go|dnf|yum|zypper|apk|pacman|poetry|luarocks)\s(?:-{1,2}\S{1,40}\s){0,4}(?:install|add|i|get|-S)\s(?!(?:-r|-e|--requirement|--editable)\s)(?:-{1,2}\S{1,40}\s){0,6}["'`]?[@\w]|\b(?:npx|bunx|uvx|pipx run|(?:pnpm|yarn) dlx|npm exec)\s(?:-{1,2}\S{1,40}\s){0,4}["'`]?[@\w]/i,
    what: "installs or runs a package of a registry",
    places: inQuotes,
  },
  {
    pattern: /\b(?:curl|wget|iwr|Invoke-WebRequest)\b/i,
    what: "fetches something from the network",
    places: inQuotes,
  },
  { pattern: /https?:\/\/|\bwww\./i, what: "names an outside address", places: inSkills },
  {
    pattern: new RegExp(String.raw`\bhxxps?:|${bareHost}|${hostWithPath}`, "i"),
    what: "names an outside address",
    places: inQuotes,
  },
  {
    pattern:
      /\b(?:sudo|rm -rf|chmod (?:-R )?(?:[augo]{0,4}\+x|0?777)|eval|base64 -d|crontab|setcap|scp|insmod)\b|--privileged\b|\bgit push\b|\.git\/hooks\b|\bLD_PRELOAD\b/i,
    what: "names a dangerous command",
    places: inSkills,
  },
  { pattern: /[A-Za-z0-9+/]{120}/, what: "holds a long encoded text", places: inSkills },
];

/** Lines are looked at in pieces, so that a sign in the middle of a long one is seen. */
const pieceLength = 3_000;
const overlap = 500;

/** What a line begins with in comments, lists, quotations and diffs: no part of a sentence that goes over lines. */
const lineMarks = /^[\s#*>/;%+-]+/;

/**
 * The lines of a text that show one of the signs, each sign once a line, in the order of the lines. Letters count as
 * they look, hidden characters not at all. What goes over several lines stands with its last one. Linear in the text.
 */
export function warningSigns(text: string, place: SignPlace = "skill"): WarningSign[] {
  const lines = text.split("\n").map(visible);
  const found = lines.map((line) => new Set(signsOf(line, place)));
  for (const { first, last, what } of signsOverLines(lines, place)) {
    if (!found.slice(first, last + 1).some((here) => here.has(what))) found[last]?.add(what);
  }
  return found.flatMap((here, index) => [...here].map((what) => ({ line: index + 1, what })));
}

/** The signs of one line. */
export function signsOfLine(line: string, place: SignPlace): string[] {
  return [...new Set(signsOf(visible(line), place))];
}

function visible(line: string): string {
  return asItLooks(withoutHidden(line));
}

function signsIn(place: SignPlace): readonly Sign[] {
  return signs.filter(({ places }) => places === undefined || places.includes(place));
}

const signsOfPlace: Record<SignPlace, readonly Sign[]> = {
  trace: signsIn("trace"),
  quote: signsIn("quote"),
  skill: signsIn("skill"),
};

/** In the order of the signs. */
function signsOf(line: string, place: SignPlace): string[] {
  const pieces: string[] = [];
  for (let from = 0; from === 0 || from + overlap < line.length; from += pieceLength - overlap)
    pieces.push(line.slice(from, from + pieceLength));
  return signsOfPlace[place]
    .filter(({ pattern }) => pieces.some((piece) => pattern.test(piece)))
    .map(({ what }) => what);
}

/** Several lines as one text. */
interface Joined {
  text: string;
  /** Where each line begins in it. */
  starts: { at: number; line: number }[];
}

/** What goes over several lines: 0-based, both ends included. */
function signsOverLines(
  lines: readonly string[],
  place: SignPlace,
): { first: number; last: number; what: string }[] {
  const found: { first: number; last: number; what: string }[] = [];
  let joined: Joined = { text: "", starts: [] };
  const add = (line: number, text: string): void => {
    if (joined.text !== "") joined.text += " ";
    joined.starts.push({ at: joined.text.length, line });
    joined.text += text;
  };
  const look = (): void => {
    if (joined.starts.length < 2) return;
    for (const { pattern, what } of signsOfPlace[place]) {
      if (!pattern.test(joined.text)) continue;
      for (const match of joined.text.matchAll(new RegExp(pattern.source, `${pattern.flags}g`))) {
        const first = lineAt(joined, match.index);
        const last = lineAt(joined, match.index + match[0].trimEnd().length - 1);
        if (first < last) found.push({ first, last, what });
      }
    }
  };
  for (const [line, whole] of lines.entries()) {
    const text = whole.replace(lineMarks, "").trimEnd();
    if (text === "") continue;
    add(line, text.slice(0, overlap));
    const isLong = text.length > overlap;
    if (!isLong && joined.text.length < pieceLength) continue;
    look();
    joined = isLong ? { text: "", starts: [] } : tailOf(joined);
    if (isLong) add(line, text.slice(-overlap));
  }
  look();
  return found;
}

function lineAt({ starts }: Joined, index: number): number {
  return starts.findLast(({ at }) => at <= index)?.line ?? 0;
}

/** The last lines, of together the overlap or a little more. */
function tailOf({ text, starts }: Joined): Joined {
  const from = starts.findLast(({ at }) => text.length - at >= overlap)?.at ?? 0;
  return {
    text: text.slice(from),
    starts: starts.filter(({ at }) => at >= from).map(({ at, line }) => ({ at: at - from, line })),
  };
}
