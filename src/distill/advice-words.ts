import { escapeProse } from "../report/markdown.ts";
import { suspiciousLines } from "../traces/suspicious-text.ts";
import { code } from "./change-words.ts";

/** In characters: titles and quotations of a claim. */
const maxTitle = 80;
const maxQuotation = 300;
/** Advice is looked at up to here. */
const maxRead = 2000;

/** Words with which people begin and end what they ask for, in English and Chinese. */
const beginning =
  /^(?:(?:please|pls|ok(?:ay)?|yes|now|then|also|maybe|perhaps|could you|can you|would you|i think|let'?s|let us|what about|how about|just|try(?: to| using)?|请|麻烦|那么|那|好的|好|嗯|可以|换个思路|试试|试一下|再|先|把)(?![a-z])[\s,，。、:：!！]*)+/iu;
const end =
  /(?:[\s,，。.!！?？、]*(?:试试看|试试|试一下|看看|看一下|吧|谢谢|多谢|也加上|please|thanks|thank you))*[\s,，。.!！?？]*$/iu;

/** Answers that ask for no change in particular. */
const vague =
  /^(?:继续(?:优化)?|(?:进一步)?优化|更快(?:一点)?|快一点|go on|continue|go ahead|optimi[sz]e(?: it| this| further| more| again)*|(?:make it )?faster|better|more|again|确认|同意|可以|好|是的?|行|对|不用了?|够了|no|yes|sure|stop|done|good|great|fine)$/iu;

/** Requests about the run and its files. */
const aboutRun =
  /保存|提交|文件|路径|日志|报告|重新测|重测|再测|重跑|解释|为什么|\b(?:save|commit|push|rerun|re-run|profile|measure|explain|why|folder|report|log)\b/iu;

/** Names and numbers that a person takes from code, or that come to stand in it. */
const names = /[A-Za-z_]\w*(?:(?:\.|::)\w+)*|\d+(?:\.\d+)?/g;

/**
 * What the user asked for, in a few words without "please" and the like, as Markdown in one line; undefined where it
 * asks for nothing in particular, or for something about the run that no name of the changed code stands in.
 */
export function adviceTitle(words: string, changed: string): string | undefined {
  const clauses = words.slice(0, maxRead).split(/[\n。;；!！?？]|\.(?=\s|$)/u);
  for (const clause of clauses) {
    const core = clause.trim().slice(0, 400).replace(beginning, "").replace(end, "");
    if (!/[\p{L}\p{N}]/u.test(core) || vague.test(core)) continue;
    const isNamed = (core.match(names) ?? []).some((name) => name.length > 1 && changed.includes(name));
    if (aboutRun.test(core) && !isNamed) continue;
    return asTitle(core);
  }
  return undefined;
}

/** The user's words as a quotation, which is data and no instruction. */
export function quotation(words: string): string {
  const line = words.trim();
  return code(line.length <= maxQuotation ? line : `${line.slice(0, maxQuotation)}...`);
}

/** No address is known here: a kernel and what is said about it need none. */
const noAddresses: ReadonlySet<string> = new Set();

/** Why text of a trace must not stand in a skill, as the rest of a sentence; undefined where nothing speaks against it. */
export function objectionTo(text: string): string | undefined {
  return suspiciousLines(text, { knownAddresses: noAddresses, place: "quote" })[0]?.what;
}

/** The first words, names in it as code, everything else in it without a meaning of its own. */
function asTitle(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  const cut =
    line.length <= maxTitle
      ? line
      : `${line.slice(0, line.lastIndexOf(" ", maxTitle - 3) + 1 || maxTitle - 3).trim()}...`;
  const marked = cut.replaceAll(
    /(?<![\w`])(?:[A-Za-z_]\w*=[\w.]+|[A-Za-z_]\w*(?:(?:\.|::)\w+)+|[A-Za-z]\w*_\w+)(?![\w`])/g,
    (name) => code(name),
  );
  return escapeProse(`${marked.charAt(0).toUpperCase()}${marked.slice(1)}`);
}
