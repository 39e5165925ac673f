import { type Span, cComments } from "./c-comments.ts";
import { type PythonText, pythonTokens } from "./python-tokens.ts";
import { type Edit, editedLines } from "./source-lines.ts";

export type SourceLanguage = "python" | "c";

/** C, C++, CUDA and AscendC share their comments; everything else that AKG writes is Python. */
export function languageOf(file: string): SourceLanguage {
  return /\.(?:c|cc|cpp|cxx|cu|cuh|h|hpp)$/i.test(file) ? "c" : "python";
}

/**
 * Source without what says nothing about how it runs: comments, docstrings, blanks at line ends, repeated empty
 * lines. The C, C++ or CUDA source that a Python text holds (`load_inline`) loses its comments too; all other texts
 * stay as they are. Two versions that differ in remarks only have the same stripped source. Line ends are `\n`, the
 * last line has one, and nothing at all is the empty text. Linear, and throws for no content.
 */
export function strippedSource(code: string, language: SourceLanguage): string {
  const plain = code.replaceAll(/\r\n?/g, "\n");
  const edits = language === "c" ? cComments(plain).map(asComment) : pythonEdits(plain);
  const text = editedLines(plain, edits).join("\n").trim();
  return text === "" ? "" : `${text}\n`;
}

function pythonEdits(code: string): Edit[] {
  const { comments, docstrings, texts } = pythonTokens(code);
  const kept = texts.map((text) => ({ ...text, text: textWithoutRemarks(code, text) }));
  return [
    ...comments.map(asComment),
    ...docstrings.map(({ from, to }): Edit => ({ from, to, kind: "removed" })),
    ...kept.map(({ from, to, text }): Edit => ({ from, to, kind: "text", text })),
  ].sort((a, b) => a.from - b.from);
}

function asComment({ from, to }: Span): Edit {
  return { from, to, kind: "comment" };
}

/** A text of Python source as it is, or, where it holds C, C++ or CUDA source, with its comments stripped. */
function textWithoutRemarks(code: string, text: PythonText): string {
  const body = code.slice(text.bodyFrom, text.bodyTo);
  const { decoded, positions } = text.raw || !body.includes("\\") ? asIs(body) : decodedText(body);
  if (!isCLike(decoded)) return code.slice(text.from, text.to);
  const comments = cComments(decoded).map(({ from, to }) => ({ from: positions(from), to: positions(to) }));
  const stripped = editedLines(body, comments.map(asComment)).join("\n");
  return code.slice(text.from, text.bodyFrom) + stripped + code.slice(text.bodyTo, text.to);
}

const preprocessorLine = /^[ \t]*#(?:include\s*[<"]|define\s+[A-Z_]|pragma\s+\w|ifn?def\s+\w)/m;
const deviceQualifier = /\b__(?:global|device|host|shared|constant|aicore|gm|launch_bounds)__\b/;
const declarationStart =
  /^\s*(?:template|using|namespace|typedef|extern|static|inline|const|constexpr|unsigned|signed|void|bool|char|short|int|long|float|double|half|auto|size_t|u?int\d+_t|float\d|(?:torch|at|std|c10)::\w+)\b[\w:<>*&,[\]" \t]*[=;({]/;

/** True for a text with a preprocessor line, a CUDA or AscendC qualifier, or a line that is a C declaration. */
function isCLike(text: string): boolean {
  if (preprocessorLine.test(text) || deviceQualifier.test(text)) return true;
  return text
    .split("\n")
    .some((line) => declarationStart.test(line) && /[;{]\s*$/.test(line.replace(/\/[/*].*$/, "")));
}

interface Decoded {
  decoded: string;
  /** Where a character of the decoded text stands in the literal. */
  positions: (index: number) => number;
}

function asIs(body: string): Decoded {
  return { decoded: body, positions: (index) => index };
}

const escapes: Record<string, string> = { n: "\n", t: "\t", "\\": "\\", '"': '"', "'": "'", "\n": "" };

/** The characters that a literal stands for, as far as they matter to a reader of comments. */
function decodedText(body: string): Decoded {
  let decoded = "";
  const starts: number[] = [];
  for (let at = 0; at < body.length;) {
    const isEscape = body[at] === "\\" && at + 1 < body.length;
    const length = isEscape ? 2 : 1;
    const character = isEscape ? (escapes[body[at + 1] ?? ""] ?? "\\") : (body[at] ?? "");
    for (let index = 0; index < character.length; index += 1) starts.push(at);
    decoded += character;
    at += character === "\\" && isEscape && body[at + 1] !== "\\" ? 1 : length;
  }
  starts.push(body.length);
  return { decoded, positions: (index) => starts[index] ?? body.length };
}
