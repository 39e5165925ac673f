import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { escapeHtml } from "../../src/report/html.ts";

/** Sizes, tables and code as GitHub shows them in a pull request, as far as they decide what fits on a screen. */
const style = `
*{box-sizing:border-box}
body{margin:0;padding:16px;background:#fff;color:#1f2328;font:14px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:break-word}
.title{font-size:24px;font-weight:400;margin:0 0 12px}
.box{border:1px solid #d1d9e0;border-radius:6px}
.who{background:#f6f8fa;border-bottom:1px solid #d1d9e0;border-radius:6px 6px 0 0;padding:8px 16px;color:#59636e}
.text{padding:16px}
.text>:first-child{margin-top:0}
p,ul,table,pre,details{margin:0 0 16px}
h2,h3{font-weight:600;line-height:1.25;margin:24px 0 16px}
h2{font-size:21px;padding-bottom:.3em;border-bottom:1px solid #d1d9e0b3}
h3{font-size:17.5px}
ul{padding-left:2em}
blockquote{margin:0 0 16px;padding:0 1em;color:#59636e;border-left:.25em solid #d1d9e0}blockquote>:last-child{margin:0}
table{display:block;width:max-content;max-width:100%;overflow:auto;border-spacing:0;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:6px 13px;border:1px solid #d1d9e0;text-align:left}
tr:nth-child(2n) td{background:#f6f8fa}
code{background:#818b981f;border-radius:6px;padding:.2em .4em;font:85%/1.45 ui-monospace,SFMono-Regular,Menlo,monospace}
pre{background:#f6f8fa;border-radius:6px;padding:16px;overflow:auto}
pre code{background:none;padding:0;font-size:12px}
a{color:#0969da}
.mark{display:inline-block;width:1.25em;border-radius:4px;color:#fff;text-align:center}
.yes{background:#1a7f37}.no{background:#cf222e}.open{background:#9a6700}
`;

/** GitHub draws these itself, and a machine without a font for them would show empty boxes. */
const marks: Record<string, string> = {
  "✅": '<span class="mark yes">✓</span>',
  "❌": '<span class="mark no">✗</span>',
  "⚠️": '<span class="mark open">!</span>',
};

/** Markdown as a page that looks like GitHub's column; `title` is that of a pull request, `who` what stands above the text. */
export function gitHubPage(markdown: string, { title = "", who }: { title?: string; who: string }): string {
  const text = micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  }).replaceAll(/✅|❌|⚠️/g, (mark) => marks[mark] ?? mark);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
${title === "" ? "" : `<h1 class="title">${escapeHtml(title)}</h1>`}
<div class="box"><div class="who">${escapeHtml(who)}</div><div class="text">
${text}
</div></div>
</html>
`;
}
