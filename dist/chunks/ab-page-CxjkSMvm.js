import{t as e}from"./trial-DwOy4QWV.js";import{n as t,t as n}from"./evaluate-command-DsgkT0-_.js";import{l as r,n as i,o as a,r as o,u as s}from"./figure-words-D66eDPRy.js";import{i as c}from"./hidden-characters-DpJ1mIJc.js";import{a as l,c as u,i as d,l as f,n as p,o as m,r as h,s as g,t as _}from"./student-rows-BxhBlKwq.js";import{t as v}from"./merge-answer-DNWammQo.js";import{t as y}from"./shown-runs-CYQHJIxL.js";import{r as b}from"./verdict-words-MycTtV0C.js";import{a as x}from"./arm-figures-By1M2MlK.js";const S={"&":`&amp;`,"<":`&lt;`,">":`&gt;`,'"':`&quot;`,"'":`&#39;`,"`":`&#96;`};function C(e){return c(e).replaceAll(/[&<>"'`]/g,e=>S[e]??e)}function w(e,t){let n=(t,n)=>`<tr>${t.map((t,r)=>`<${n}${n===`th`?` scope="col"`:` data-label="${e[r]??``}"`}>${t}</${n}>`).join(``)}</tr>`;return`<table><thead>${n(e,`th`)}</thead><tbody>\n${t.map(e=>n(e,`td`)).join(`
`)}\n</tbody></table>`}const T=`
.forest{--back:#fff;--ink:#1f2328;--quiet:#59636e;--line:#d1d9e0;--better:#1a7f37;--no-worse:#0969da;--worse:#cf222e;--cannot-tell:#9a6700;
font:13px system-ui,sans-serif;color:var(--ink)}
@media (prefers-color-scheme:dark){.forest{--back:#0d1117;--ink:#f0f6fc;--quiet:#9198a1;--line:#3d444d;--better:#3fb950;--no-worse:#4493f8;--worse:#f85149;--cannot-tell:#d29922}}
.forest text{fill:var(--ink);stroke:var(--back);stroke-width:4;paint-order:stroke;stroke-linejoin:round}.forest .quiet{fill:var(--quiet)}.forest .name{font-weight:600}
.forest .grid{stroke:var(--line)}.forest .zero{stroke:var(--quiet);stroke-width:1.5}
.forest .margin{stroke:var(--worse);stroke-dasharray:4 3}
.forest .bar{stroke-width:2.5;stroke-linecap:round}
${[`better`,`no-worse`,`worse`,`cannot-tell`].map(e=>`.forest .${e} .bar{stroke:var(--${e})}.forest .${e} .dot,.forest .${e} .word{fill:var(--${e})}`).join(`
`)}`;function E(e){let t=m(e).filter(({figures:{comparison:e}})=>e!==null).slice(0,200),{margin:n}=e.plan.thresholds,r=D(t,n),i=e=>`${(2+96*((Math.min(r,Math.max(-r,e))+r)/(2*r))).toFixed(2)}%`,a=30+t.length*64+40,o=[-1,-.5,0,.5,1].map(e=>e*r),s=30+t.length*64,c=o.map((e,t)=>`<line class="${e===0?`zero`:`grid`}" x1="${i(e)}" x2="${i(e)}" y1="30" y2="${s}"/><text class="quiet" x="${i(e)}" y="${s+17}" text-anchor="${t===0?`start`:t===o.length-1?`end`:`middle`}">${e>0?`+`:e<0?`−`:``}${Number((Math.abs(e)*100).toFixed(1))}</text>`),l=`Differences of ${t.length} ${t.length===1?`comparison`:`comparisons`}`,u=t.slice(0,20).map(e=>`${e.skill} for ${e.student}: ${e.figures.verdict}, ${e.difference}.`).join(` `);return[`<svg xmlns="http://www.w3.org/2000/svg" class="forest" width="100%" height="${a}" role="img" aria-labelledby="forest-title forest-desc">`,`<title id="forest-title">${l}</title><desc id="forest-desc">${C(u)}</desc>`,`<style>${T}</style>`,`<text class="quiet" x="2%" y="16">◂ worse with the change</text><text class="quiet" x="98%" y="16" text-anchor="end">better with the change ▸</text>`,...c,`<line class="margin" x1="${i(-n)}" x2="${i(-n)}" y1="30" y2="${s}"/>`,...t.map((e,t)=>O(e,30+t*64,{x:i,reach:r})),`<text class="quiet" x="2%" y="${s+34}">points; dashed: a loss of the margin</text>`,`</svg>`].join(`
`)}function D(e,t){let n=e.flatMap(({figures:{comparison:e}})=>{let{value:t=0,low:n=0,high:r=0}=e?.decision.difference??{};return[t,n,r].filter(Number.isFinite).map(Math.abs)}),r=Math.max(t,...n);return[.2,.4,.6,.8].find(e=>r<=e)??1}function O({skill:e,student:t,figures:n,difference:r},a,{x:o,reach:s}){let{value:c=NaN,low:l=0,high:u=0}=n.comparison?.decision.difference??{},d=n.verdict.replace(` `,`-`),f=a+48,p=Number.isFinite(c)?[`<line class="bar" x1="${o(l)}" x2="${o(u)}" y1="${f}" y2="${f}"/>`,l>=-s?k(o(l),f):A(o(-s),f,`◂`,`start`),u<=s?k(o(u),f):A(o(s),f,`▸`,`end`),`<circle class="dot" cx="${o(c)}" cy="${f}" r="5.5"/>`].join(``):``,m=j(e,34),h=Number.isFinite(c)?i({value:c,low:l,high:u}):`no result`;return[`<g class="${d}"><title>${C(`${e} for ${t}: ${n.verdict}, ${r}`)}</title>`,`<text x="2%" y="${a+17}"><tspan class="name">${C(m)}</tspan></text>`,`<text class="quiet" x="2%" y="${a+34}">${C(j(t,24))}</text>`,`<text class="word name" x="98%" y="${a+17}" text-anchor="end">${n.verdict}</text>`,`<text class="quiet" x="98%" y="${a+34}" text-anchor="end">${C(h)}</text>${p}</g>`].join(``)}function k(e,t){return`<line class="bar" x1="${e}" x2="${e}" y1="${t-4}" y2="${t+4}"/>`}function A(e,t,n,r){return`<text class="word" x="${e}" y="${t+5}" text-anchor="${r}">${n}</text>`}function j(e,t){let n=Array.from(e);return n.length<=t?e:`${n.slice(0,t-1).join(``)}…`}const M=1e3;function N(e,t){let n=m(e),r=v(e,t.policy),i=[...new Set(e.skills.map(({skill:e})=>e.name))],a=`A/B of ${i.slice(0,3).join(`, `)}${i.length>3?` and ${i.length-3} more`:``}`;return`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${C(a)}</title>
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
.bounds{white-space:nowrap;font-size:13px}
.better{color:var(--better)}.no-worse{color:var(--no-worse)}.worse{color:var(--worse)}.cannot-tell{color:var(--cannot-tell)}
.verdict{font-weight:600;white-space:nowrap}
td code{overflow-wrap:anywhere}td:nth-child(-n+2){min-width:10em}
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
@media (max-width:720px){
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
<h1>${C(a)}</h1>
<p class="answer ${F(e,r.mayMerge)}">${C(r.sentence)}</p>
${[n.length===0?``:`<div class="plot">${E(e)}</div>`,n.length===0?``:P(`Verdicts`,R(n)),P(`Which student`,B(e)),P(`What the verdicts rest on`,n.map(H).join(`
`)),P(`What 1,000 tasks cost`,W(n)),P(`Kernels`,n.map(U).join(`
`)),P(`Cases, losses first`,n.map(e=>G(e)).join(`
`)),P(`Replies, wrong ones first`,n.map(n=>K(n,e,t.replies)).join(`
`)),P(`How this was computed`,Z(e))].filter(e=>e!==``).join(`
`)}
</main>
</body>
</html>
`}function P(e,t){return t.trim()===``?``:`<section><h2>${e}</h2>\n${t}\n</section>`}function F({skills:e},t){return t?e.some(({students:e})=>e.some(({verdict:e})=>e===`cannot tell`))?`open`:`yes`:`no`}function I(e){return`<span class="verdict ${e.replace(` `,`-`)}">${e}</span>`}function L(e){return`<code>${C(e)}</code>`}function R(t){let n=e.filter(e=>t.some(({figures:t})=>t.arms.has(e)));return w([`Skill`,`Student`,`Cases × repeats`,...n,`Difference`,`Verdict`,`Tokens a run`,`Cost per solved task`],t.map(e=>[L(e.skill),L(e.student),e.size,...n.map(t=>e.rates.find(e=>e.arm===t)?.text??`not measured`).map(z),`<span>${z(e.difference)}${e.compared===``?``:`<br><span class="quiet">${e.compared}</span>`}</span>`,I(e.figures.verdict),e.tokens,e.cost]))}function z(e){let[,t=e,n=``]=/^(.*) \((.*)\)$/.exec(e)??[];return n===``?t:`<span>${t}<br><span class="quiet bounds">${n}</span></span>`}function B({skills:e,plan:t}){let n=b(t),r=e.map(e=>l(e,e=>n(e,``))).filter(e=>e!==``);return r.length===0?``:V(r)}function V(e){return`<ul>${e.map(e=>`<li>${C(e)}</li>`).join(``)}</ul>`}function H(e){return`<details><summary>${`${L(e.skill)} for ${L(e.student)}: ${I(e.figures.verdict)}`}</summary>${V(e.remarks)}</details>`}function U({skill:e,student:t,figures:n}){if(n.kernels===null)return``;let r=w([...g],f(n.kernels).map(e=>e.map(C)));return`<h3>${L(e)} for ${L(t)}</h3>\n${r}\n${V(u(n.kernels))}`}function W(e){let t=e.flatMap(e=>{let t=p(e.figures);return t?[[L(e.skill),L(e.student),...t]]:[]});return t.length===0?``:`${w([`Skill`,`Student`,`Teacher alone`,`Student alone`,`Student with skill`,`Hybrid`],t)}
<p class="quiet">Accuracy, and US dollars for 1,000 tasks. Hybrid: the student with the skill first, the teacher for what it fails, where something notices failures.</p>`}function G(t){let{cases:n,seen:i,arms:o}=t.figures,s=[...n,...i.cases];if(s.length===0)return``;let c=e.filter(e=>o.has(e)),l=w([`Case`,...c,`Difference`],s.slice(0,M).map(e=>[`<span>${L(e.planned.id)}${_(e,t.figures.lost).map(e=>`<span class="mark">${e}</span>`).join(``)}</span>`,...c.map(t=>d(e,t)),e.difference===null?`–`:`<span class="${e.difference<0?`worse`:e.difference>0?`better`:``}">${a(e.difference)}</span>`])),u=s.length>M?`<p class="quiet">${r(s.length-M)} more cases are in the results.</p>`:``,f=n.filter(({difference:e})=>e!==null&&e<0).length;return`<details><summary>${L(t.skill)} for ${L(t.student)}: ${s.length} ${s.length===1?`case`:`cases`}, ${f} with a loss</summary>${l}${u}</details>`}function K(e,t,n){let i=y(t,e.figures).filter(({runs:e})=>e.length>0);if(i.length===0)return``;let{lost:a}=e.figures,o=e.figures.cases.length+e.figures.seen.cases.length,s=i.length<o?`<p class="quiet">The first ${i.length} of ${r(o)} cases.</p>`:``;return`<h3>${L(e.skill)} for ${L(e.student)}</h3>${s}${i.map(e=>q(e,a,n)).join(`
`)}`}function q({one:e,runs:t},n,r){let i=t.map(({arm:e,all:t})=>`${e} <span class="runs">${J(t)}</span>`).join(` · `),a=_(e,n).map(e=>`<span class="mark">${e}</span>`);return`<details><summary>${L(e.planned.id)}${a.join(``)} <span class="quiet">${i}</span></summary><div class="replies">${t.map(({arm:e,trial:t,all:n})=>Y(e,t,n,r)).join(``)}</div></details>`}function J(e){let t={passed:`✓`,failed:`✗`,excluded:`○`};return e.slice(0,50).map(({outcome:e})=>t[e]).join(``)}function Y(e,t,n,r){let i=t.reply_sha256===null?void 0:r.get(t.reply_sha256),a=[`run ${t.identity.repeat+1} of ${n.length}`,`${s(x(t))} tokens`,`${(t.latency_ms/1e3).toFixed(1)} s`,...t.cost_usd===null?[]:[o(t.cost_usd)]],c=t.error!==null&&i===void 0?`<p class="quiet">${C(X(`${t.error.class}: ${t.error.message}`,300))}</p>`:i===void 0?`<p class="quiet">Its reply was not kept with the results.</p>`:`<pre>${C(X(i,6e3))}</pre>`,l=t.checks.slice(0,20).map(({check:e,passed:t,evidence:n})=>`<li class="${t?`passed`:`failed`}">${t?`✓`:`✗`} ${C(X(e,300))} <span class="quiet">${C(X(n,300))}</span></li>`).join(``);return`<div><h4>${e}: ${t.outcome} <span class="quiet">${a.join(`, `)}</span></h4>${l===``?``:`<ul class="checks">${l}</ul>`}${c}</div>`}function X(e,t){return e.length<=t?e:`${e.slice(0,t)} (${r(e.length-t)} more characters)`}function Z(e){let r=h(e).map(e=>`<p>${C(e)}</p>`),{reproduce:i}=e.plan,a=n(i)?`<p>From the beginning:</p><pre>${C(i)}</pre>`:`<p>${t}</p>`;return`${r.join(``)}<p>From the stored results, without network or models:</p><pre>overproof report --results RESULTS</pre>${a}`}export{N as t};