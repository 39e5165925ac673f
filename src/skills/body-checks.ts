import { type Problem, quoted } from "./lint-rules.ts";
import { estimateTokens } from "./text-size.ts";

/** The specification's advice for a body. */
const advisedLines = 500;
const advisedTokens = 5000;

/** Advice on the body of a skill; `firstLine` is the 1-based line of the file on which it starts. */
export function bodyProblems(body: string, firstLine: number): Problem[] {
  const lines = body.trimEnd().split(/\r\n|\n|\r/);
  if (lines.every((line) => line.trim() === "")) return [{ rule: "body-empty", line: firstLine }];
  const problems: Problem[] = [];
  const tokens = estimateTokens(body);
  if (lines.length > advisedLines || tokens > advisedTokens) {
    const values = [lines.length, tokens].map((count) => count.toLocaleString("en-US"));
    problems.push({ rule: "body-length", line: firstLine, values });
  }
  for (const { text, line, opensComment } of visibleLines(lines)) {
    if (opensComment) problems.push({ rule: "html-comment", line: firstLine + line });
    for (const target of linkTargets(text)) {
      const rule = linkRule(target);
      if (rule) problems.push({ rule, line: firstLine + line, values: [quoted(target)] });
    }
  }
  return problems;
}

interface VisibleLine {
  /** The line without code and comments. */
  text: string;
  /** 0-based. */
  line: number;
  opensComment: boolean;
}

/** What Markdown renders as text: code fences are left out whole, inline code and comments within their lines. */
function* visibleLines(lines: readonly string[]): Generator<VisibleLine> {
  let fence = "";
  let inComment = false;
  for (const [line, raw] of lines.entries()) {
    const bare = raw.replace(/^[ \t>]+/, "");
    if (fence !== "") {
      if (bare.startsWith(fence) && bare.trimEnd().replaceAll(fence.charAt(0), "") === "") fence = "";
      continue;
    }
    fence = inComment ? "" : (/^(?:`{3,}|~{3,})/.exec(bare)?.[0] ?? "");
    if (fence !== "") continue;

    const commentEnd: number = inComment ? raw.indexOf("-->") : -3;
    if (commentEnd === -1) continue;
    inComment = false;
    const rest: string = raw.slice(commentEnd + 3).replaceAll(/`[^`]*`/g, "");
    let text = "";
    let opensComment = false;
    for (let position = 0; position < rest.length && !inComment;) {
      const start = rest.indexOf("<!--", position);
      text += rest.slice(position, start === -1 ? undefined : start);
      if (start === -1) break;
      opensComment = true;
      const end: number = rest.indexOf("-->", start);
      inComment = end === -1;
      position = end + 3;
    }
    yield { text, line, opensComment };
  }
}

/** Targets of inline links, reference definitions, and `src` or `href` attributes. */
function linkTargets(line: string): string[] {
  const inline = line.matchAll(/\]\([ \t]*<?([^)\s>]+)/g);
  const definition = /^ {0,3}\[[^\]]+\]:[ \t]*<?([^\s>]+)/.exec(line);
  const attributes = line.matchAll(/\b(?:src|href)[ \t]*=[ \t]*["']([^"']+)/gi);
  return [...inline, ...(definition ? [definition] : []), ...attributes].flatMap((match) => match[1] ?? []);
}

function linkRule(target: string): "link-outside" | "link-depth" | undefined {
  if (/^file:/i.test(target) || /^[a-z]:[\\/]/i.test(target)) return "link-outside";
  if (/^[a-z][a-z0-9+.-]*:|^#|^\/\//i.test(target)) return undefined;
  const path = decoded(target.replace(/[?#].*$/, "")).replaceAll("\\", "/");
  if (/^[/~]/.test(path)) return "link-outside";
  const folders: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") {
      if (folders.pop() === undefined) return "link-outside";
    } else if (part !== "" && part !== ".") {
      folders.push(part);
    }
  }
  return folders[0] === "references" && folders.length > 2 ? "link-depth" : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
