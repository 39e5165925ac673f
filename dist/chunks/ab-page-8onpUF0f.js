import{t as e}from"./trial-D1BlxGHo.js";import{n as t,t as n}from"./evaluate-command-DsgkT0-_.js";import{i as r,o as i}from"./verdict-words-CIHHFxL4.js";import{d as a,i as o,r as s,s as c,u as l}from"./figure-words-C9aDJGrG.js";import{i as u}from"./hidden-characters-DpJ1mIJc.js";import{a as d,c as f,d as p,l as m,n as h,o as g,r as _,s as v,t as y,u as b}from"./student-rows-D8dejSQC.js";import{t as x}from"./merge-answer-C3PozXcX.js";import{t as S}from"./shown-runs-C8wG1L-6.js";import{a as C}from"./arm-figures-DaO1hUN4.js";const w={"&":`&amp;`,"<":`&lt;`,">":`&gt;`,'"':`&quot;`,"'":`&#39;`,"`":`&#96;`};function T(e){return u(e).replaceAll(/[&<>"'`]/g,e=>w[e]??e)}function E(e,t){let n=(t,n)=>`<tr>${t.map((t,r)=>`<${n}${n===`th`?` scope="col"`:` data-label="${e[r]??``}"`}>${t}</${n}>`).join(``)}</tr>`;return`<table><thead>${n(e,`th`)}</thead><tbody>\n${t.map(e=>n(e,`td`)).join(`
`)}\n</tbody></table>`}const D=`
.forest{--back:#fff;--ink:#1f2328;--quiet:#59636e;--line:#d1d9e0;--better:#1a7f37;--no-worse:#0969da;--worse:#cf222e;--cannot-tell:#9a6700;
font:13px system-ui,sans-serif;color:var(--ink)}
@media (prefers-color-scheme:dark){.forest{--back:#0d1117;--ink:#f0f6fc;--quiet:#9198a1;--line:#3d444d;--better:#3fb950;--no-worse:#4493f8;--worse:#f85149;--cannot-tell:#d29922}}
.forest text{fill:var(--ink);stroke:var(--back);stroke-width:4;paint-order:stroke;stroke-linejoin:round}.forest .quiet{fill:var(--quiet)}.forest .name{font-weight:600}
.forest .grid{stroke:var(--line)}.forest .zero{stroke:var(--quiet);stroke-width:1.5}
.forest .margin{stroke:var(--worse);stroke-dasharray:4 3}
.forest .bar{stroke-width:2.5;stroke-linecap:round}
${[`better`,`no-worse`,`worse`,`cannot-tell`].map(e=>`.forest .${e} .bar{stroke:var(--${e})}.forest .${e} .dot,.forest .${e} .word{fill:var(--${e})}`).join(`
`)}`;function O(e){let t=f(e).filter(({figures:{comparison:e}})=>e!==null).slice(0,200),{margin:n}=e.plan.thresholds,r=k(t,n),i=e=>`${(2+96*((Math.min(r,Math.max(-r,e))+r)/(2*r))).toFixed(2)}%`,a=30+t.length*64+40,o=[-1,-.5,0,.5,1].map(e=>e*r),s=30+t.length*64,c=o.map((e,t)=>`<line class="${e===0?`zero`:`grid`}" x1="${i(e)}" x2="${i(e)}" y1="30" y2="${s}"/><text class="quiet" x="${i(e)}" y="${s+17}" text-anchor="${t===0?`start`:t===o.length-1?`end`:`middle`}">${e>0?`+`:e<0?`−`:``}${Number((Math.abs(e)*100).toFixed(1))}</text>`),l=`Differences of ${t.length} ${t.length===1?`comparison`:`comparisons`}`,u=t.slice(0,20).map(e=>`${e.skill} for ${e.student}: ${e.figures.verdict}, ${e.difference}.`).join(` `);return[`<svg xmlns="http://www.w3.org/2000/svg" class="forest" width="100%" height="${a}" role="img" aria-labelledby="forest-title forest-desc">`,`<title id="forest-title">${l}</title><desc id="forest-desc">${T(u)}</desc>`,`<style>${D}</style>`,`<text class="quiet" x="2%" y="16">◂ worse with the change</text><text class="quiet" x="98%" y="16" text-anchor="end">better with the change ▸</text>`,...c,`<line class="margin" x1="${i(-n)}" x2="${i(-n)}" y1="30" y2="${s}"/>`,...t.map((e,t)=>A(e,30+t*64,{x:i,reach:r})),`<text class="quiet" x="2%" y="${s+34}">points; dashed: a loss of the margin</text>`,`</svg>`].join(`
`)}function k(e,t){let n=e.flatMap(({figures:{comparison:e}})=>{let{value:t=0,low:n=0,high:r=0}=e?.decision.difference??{};return[t,n,r].filter(Number.isFinite).map(Math.abs)}),r=Math.max(t,...n);return[.2,.4,.6,.8].find(e=>r<=e)??1}function A({skill:e,student:t,figures:n,difference:r},i,{x:a,reach:o}){let{value:c=NaN,low:l=0,high:u=0}=n.comparison?.decision.difference??{},d=n.verdict.replace(` `,`-`),f=i+48,p=Number.isFinite(c)?[`<line class="bar" x1="${a(l)}" x2="${a(u)}" y1="${f}" y2="${f}"/>`,l>=-o?j(a(l),f):M(a(-o),f,`◂`,`start`),u<=o?j(a(u),f):M(a(o),f,`▸`,`end`),`<circle class="dot" cx="${a(c)}" cy="${f}" r="5.5"/>`].join(``):``,m=N(e,34),h=Number.isFinite(c)?s({value:c,low:l,high:u}):`no result`;return[`<g class="${d}"><title>${T(`${e} for ${t}: ${n.verdict}, ${r}`)}</title>`,`<text x="2%" y="${i+17}"><tspan class="name">${T(m)}</tspan></text>`,`<text class="quiet" x="2%" y="${i+34}">${T(N(t,24))}</text>`,`<text class="word name" x="98%" y="${i+17}" text-anchor="end">${n.verdict}</text>`,`<text class="quiet" x="98%" y="${i+34}" text-anchor="end">${T(h)}</text>${p}</g>`].join(``)}function j(e,t){return`<line class="bar" x1="${e}" x2="${e}" y1="${t-4}" y2="${t+4}"/>`}function M(e,t,n,r){return`<text class="word" x="${e}" y="${t+5}" text-anchor="${r}">${n}</text>`}function N(e,t){let n=Array.from(e);return n.length<=t?e:`${n.slice(0,t-1).join(``)}…`}const P=1e3;function F(e,t){let n=f(e),r=x(e,t.policy),i=[...new Set(e.skills.map(({skill:e})=>e.name))],a=`A/B of ${i.slice(0,3).join(`, `)}${i.length>3?` and ${i.length-3} more`:``}`;return`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${T(a)}</title>
<style>
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
</style>
</head>
<body>
<main>
<h1>${T(a)}</h1>
<p class="answer ${L(e,r.mayMerge)}">${T(r.sentence)}</p>
${[n.length===0?``:`<div class="plot">${O(e)}</div>\n<p class="quiet">A bar is a two-sided interval; no worse rests on the one-sided bound, which lies inside it.</p>`,...v(e).map(e=>`<p>${T(e)}</p>`),n.length===0?``:I(`Verdicts`,B(n)),I(`Which student`,U(e)),I(`What the verdicts rest on`,n.map(G).join(`
`)),I(`What 1,000 tasks cost`,q(n)),I(`Kernels`,n.map(K).join(`
`)),I(`Cases, losses first`,n.map(e=>J(e)).join(`
`)),I(`Replies, wrong ones first`,n.map(n=>Y(n,e,t.replies)).join(`
`)),I(`How this was computed`,ee(e))].filter(e=>e!==``).join(`
`)}
</main>
</body>
</html>
`}function I(e,t){return t.trim()===``?``:`<section><h2>${e}</h2>\n${t}\n</section>`}function L({skills:e},t){return t?e.some(({students:e})=>e.some(({verdict:e})=>e===`cannot tell`))?`open`:`yes`:`no`}function R(e){return`<span class="verdict ${e.replace(` `,`-`)}">${e}</span>`}function z(e){return`<code>${T(e)}</code>`}function B(t){let n=e.filter(e=>t.some(({figures:t})=>t.arms.has(e)));return E([`Skill`,`Student`,`Verdict`,`Difference`,...n,`Cases × repeats`,`Tokens a run`,`Cost per solved task`],t.map(e=>[z(e.skill),z(e.student),R(e.figures.verdict),`<span>${V(e.difference)}${e.compared===``?``:`<br><span class="quiet">${e.compared}</span>`}</span>`,...n.map(t=>e.rates.find(e=>e.arm===t)?.text??`not measured`).map(V),e.size,H(e.tokens),H(e.cost)]))}function V(e){let[,t=e,n=``]=/^(.*) \((.*)\)$/.exec(e)??[];return n===``?t:`<span>${t}<br><span class="quiet bounds">${n}</span></span>`}function H(e){return`<span class="whole">${e.replace(` → `,` →<br>`)}</span>`}function U({skills:e,plan:t}){let n=i(t),r=e.map(e=>g(e,e=>n(e,``))).filter(e=>e!==``);return r.length===0?``:W(r)}function W(e){return`<ul>${e.map(e=>`<li>${T(e)}</li>`).join(``)}</ul>`}function G(e){return`<details><summary>${`${z(e.skill)} for ${z(e.student)}: ${R(e.figures.verdict)}`}</summary>${W(e.remarks)}</details>`}function K({skill:e,student:t,figures:n}){if(n.kernels===null)return``;let r=E([...m],p(n.kernels).map(e=>e.map(T)));return`<h3>${z(e)} for ${z(t)}</h3>\n${r}\n${W(b(n.kernels))}`}function q(e){let t=e.flatMap(e=>{let t=h(e.figures);return t?[[z(e.skill),z(e.student),...t]]:[]});return t.length===0?``:`${E([`Skill`,`Student`,`Teacher alone`,`Student alone`,`Student with skill`,`Hybrid`],t)}
<p class="quiet">Accuracy, and US dollars for 1,000 tasks. Hybrid: the student with the skill first, the teacher for what it fails, where something notices failures.</p>`}function J(t){let{cases:n,seen:r,arms:i}=t.figures,a=[...n,...r.cases];if(a.length===0)return``;let o=e.filter(e=>i.has(e)),s=E([`Case`,...o,`Difference`],a.slice(0,P).map(e=>[`<span>${z(e.planned.id)}${y(e,t.figures.lost).map(e=>`<span class="mark">${e}</span>`).join(``)}</span>`,...o.map(t=>d(e,t)),e.difference===null?`–`:`<span class="${e.difference<0?`worse`:e.difference>0?`better`:``}">${c(e.difference)}</span>`])),u=a.length>P?`<p class="quiet">${l(a.length-P)} more cases are in the results.</p>`:``,f=n.filter(({difference:e})=>e!==null&&e<0).length;return`<details><summary>${z(t.skill)} for ${z(t.student)}: ${a.length} ${a.length===1?`case`:`cases`}, ${f} with a loss</summary>${s}${u}</details>`}function Y(e,t,n){let r=S(t,e.figures).filter(({runs:e})=>e.length>0);if(r.length===0)return``;let{lost:i}=e.figures,a=e.figures.cases.length+e.figures.seen.cases.length,o=r.length<a?`<p class="quiet">The first ${r.length} of ${l(a)} cases.</p>`:``;return`<h3>${z(e.skill)} for ${z(e.student)}</h3>${o}${r.map(e=>X(e,{lost:i,replies:n,plan:t.plan})).join(`
`)}`}function X({one:e,runs:t},{lost:n,replies:r,plan:i}){let a=t.map(({arm:e,all:t})=>`${e} <span class="runs">${Z(t)}</span>`).join(` · `),o=y(e,n).map(e=>`<span class="mark">${e}</span>`);return`<details><summary>${z(e.planned.id)}${o.join(``)} <span class="quiet">${a}</span></summary><div class="replies">${t.map(({arm:e,trial:t,all:n})=>Q(e,t,{all:n,replies:r,plan:i})).join(``)}</div></details>`}function Z(e){let t={passed:`✓`,failed:`✗`,excluded:`○`};return e.slice(0,50).map(({outcome:e})=>t[e]).join(``)}function Q(e,t,{all:n,replies:i,plan:s}){let c=t.reply_sha256===null?void 0:i.get(t.reply_sha256),l=[`run ${t.identity.repeat+1} of ${n.length}`,`${a(C(t))} tokens`,`${(t.latency_ms/1e3).toFixed(1)} s`,...t.cost_usd===null?[]:[o(t.cost_usd)]],u=t.error!==null&&c===void 0?`<p class="quiet">${T($(`${t.error.class}: ${r(t.error.message,s)}`,300))}</p>`:c===void 0?`<p class="quiet">Its reply was not kept with the results.</p>`:`<pre>${T($(c,6e3))}</pre>`,d=t.checks.slice(0,20).map(({check:e,passed:t,evidence:n})=>`<li class="${t?`passed`:`failed`}">${t?`✓`:`✗`} ${T($(e,300))} <span class="quiet">${T($(n,300))}</span></li>`).join(``);return`<div><h4>${e}: ${t.outcome} <span class="quiet">${l.join(`, `)}</span></h4>${d===``?``:`<ul class="checks">${d}</ul>`}${u}</div>`}function $(e,t){return e.length<=t?e:`${e.slice(0,t)} (${l(e.length-t)} more characters)`}function ee(e){let r=_(e).map(e=>`<p>${T(e)}</p>`),{reproduce:i}=e.plan,a=n(i)?`<p>From the beginning:</p><pre>${T(i)}</pre>`:`<p>${t}</p>`;return`${r.join(``)}<p>From the stored results, without network or models:</p><pre>overproof report --results RESULTS</pre>${a}`}export{F as t};