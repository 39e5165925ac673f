/** The look of the HTML page: light and dark, wide and narrow, and on paper. */
export const pageStyle = `
:root{color-scheme:light dark;--back:#fff;--card:#f6f8fa;--ink:#1f2328;--quiet:#59636e;--line:#d1d9e0;--better:#1a7f37;--no-worse:#0969da;--worse:#cf222e;--cannot-tell:#9a6700;--pass:#dafbe1;--fail:#ffebe9}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--card:#151b23;--ink:#f0f6fc;--quiet:#9198a1;--line:#3d444d;--better:#3fb950;--no-worse:#4493f8;--worse:#f85149;--cannot-tell:#d29922;--pass:#12261e;--fail:#2d1517}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:24px 20px 64px;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:break-word}
h1{font-size:15px;font-weight:600;color:var(--quiet);margin:0 0 8px}
h2{font-size:19px;margin:40px 0 12px}
h3{font-size:15px;margin:20px 0 8px}
p{margin:8px 0}
.answer{font-size:21px;line-height:1.35;font-weight:600;border-left:5px solid var(--no-worse);padding:4px 0 4px 16px;margin:0 0 20px}
.answer.yes{border-color:var(--better)}.answer.no{border-color:var(--worse)}.answer.open{border-color:var(--cannot-tell)}
.plot{border:1px solid var(--line);border-radius:8px;padding:8px 4px}
.quiet{color:var(--quiet)}
.bounds{white-space:nowrap;font-size:13px}.whole{white-space:nowrap}
.better{color:var(--better)}.no-worse{color:var(--no-worse)}.worse{color:var(--worse)}.cannot-tell{color:var(--cannot-tell)}
.verdict{font-weight:600;white-space:nowrap}
td code{overflow-wrap:anywhere}td:nth-child(-n+2){min-width:9em}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:7px 10px;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--quiet);font-size:13px}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,monospace}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:10px 12px;margin:6px 0;white-space:pre-wrap;max-height:420px;overflow:auto}
ul{padding-left:20px;margin:6px 0}
details{border:1px solid var(--line);border-radius:8px;margin:8px 0;padding:0 14px}
details>summary{cursor:pointer;padding:9px 0;font-weight:600}
details[open]>:last-child{margin-bottom:14px}
.replies{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:12px}
.replies h4{font-size:13px;margin:4px 0}
.runs{letter-spacing:2px}
.mark{display:inline-block;font-size:12px;border:1px solid var(--line);border-radius:10px;padding:0 8px;margin-left:6px;color:var(--quiet)}
.checks{list-style:none;padding:0;font-size:13px}.checks li{border-radius:4px;padding:2px 8px;margin:3px 0}.checks .passed{background:var(--pass)}.checks .failed{background:var(--fail)}
@media (max-width:1060px){
body{padding:16px 12px 48px}.answer{font-size:18px}
thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table,tbody,tr,td{display:block}tr{border:1px solid var(--line);border-radius:8px;margin:8px 0;padding:4px 0}
td,td:nth-child(-n+2){min-width:0}td{border:0;padding:3px 12px;display:grid;grid-template-columns:9em 1fr;gap:8px}
td::before{content:attr(data-label);color:var(--quiet);font-size:13px}
}
@media print{details{break-inside:avoid}pre{max-height:none}}
`;
