import{n as e,r as t}from"./failure-DT4F3CpJ.js";import{C as n}from"./json-schema-processors-D9WFTfRE.js";import{t as r}from"./staged-write-EL7JOPuV.js";import{c as i}from"./repository-Deavnbjh.js";import{a,i as o,n as s,o as c,t as l}from"./package-folder-mc-ET7-L.js";import{n as u}from"./libesm-DTLPA4Bv.js";import{i as d,t as f}from"./load-DVzDW7Cx.js";import{t as p}from"./gate-writes-CZnGI4rH.js";import{isUtf8 as m}from"node:buffer";import{join as h,sep as g}from"node:path";import{lstat as _,readFile as v,readdir as y}from"node:fs/promises";const b=/^([ \t]*(?:- )?uses: )[\w-]+\/overproof@[\w./-]+$/gm;async function x(n,r,{force:i,action:a}){let{path:o}=n,s=await v(h(r,o)).catch(n=>{if(n.code!==`ENOENT`)throw t(`${o} cannot be read: ${e(n)}.`,`Move it away, and run this again.`,n)}),c=s?.toString(`utf8`);if(n.kind===`lines`)return s!==void 0&&(!m(s)||(await _(h(r,o))).isSymbolicLink())?{path:o,change:`kept`,missing:n.lines.length,own:0,content:void 0}:S(n,c);let{content:l}=n,d={path:o,missing:0,own:0,content:void 0};if(c===void 0)return{...d,change:`created`,content:l};if(c===l)return{...d,change:`unchanged`};let f=c.replaceAll(b,`$1`)===l.replaceAll(b,`$1`);if(f&&a===void 0)return{...d,change:`unchanged`};if(f)return{...d,change:`replaced`,content:l};let p=0,g=0;for(let{added:e,removed:t,count:n}of u(c,l))e&&(p+=n),t&&(g+=n);return i?{path:o,change:`replaced`,missing:p,own:g,content:l}:{path:o,change:`kept`,missing:p,own:g,content:void 0}}function S({path:e,lines:t},n){let r=new Set((n??``).split(/\r?\n/).map(e=>e.trim())),i=t.filter(e=>!r.has(e)),a={path:e,missing:0,own:0};if(i.length===0)return{...a,change:`unchanged`,content:void 0};let o=`${n===void 0||n===``||n.endsWith(`
`)?n??``:`${n}\n`}${i.join(`
`)}\n`;return{...a,change:n===void 0?`created`:`extended`,content:o}}function C(){return{title:`overproof.yml`,...n(d,{io:`input`})}}const w=`.overproof/overproof.schema.json`,T=`# yaml-language-server: $schema=${w}
# How Overproof works in this repository. Every key may be left out; an editor with the schema above knows all of them.

# Folder with all skills.
library: skills

# Teacher, who writes skills: offline needs no model and no key. Others: anthropic:MODEL, openai:MODEL, or
# openai:MODEL@https://HOST/v1 for any compatible server (vLLM, llama.cpp, Ollama, a gateway).
model: offline

# Hard limits of one run. Dollars need the price table below.
budget: {}
#  usd: 5
#  calls: 200

# prices:
#   date: 2026-01-31 # when they were looked up
#   models:
#     "MODEL*":
#       input-per-million: 1
#       output-per-million: 4

evaluate:
  # Students, whom the skills are for. Until one is named here, changed skills merge without proof, and the check says so.
  students: []
  #  - openai:MODEL
  # Another model that judges what code cannot check.
  # judge: anthropic:MODEL
  # Runs of each case in each arm.
  repeats: 5
  # US dollars that one evaluation may spend.
  # budget-usd: 2

gate:
  # Which verdicts keep a change from merging: worse, worse-or-undecided, or not-better.
  block-on: worse
  # true: only say what it would do.
  advisory: false

kernels:
  # Where kernels run: auto, cpu or cuda.
  device: auto
`,E={"skills/README.md":"# Skills\n\nEvery folder with a `SKILL.md` is a skill. `overproof list` shows them, `overproof show NAME` shows what each claim of one\nrests on, and `evals/` beside a `SKILL.md` holds the cases that prove it.\n","traces/README.md":`# Traces

What agents left behind: log folders of a search, sessions, conversations. What is committed here on the default branch is
distilled into skills by the workflow \`distill\`; \`overproof distill traces --dry-run\` shows what would come of it. Secrets in
a trace are masked before anything reads it, but once committed they are known: look before you commit.

\`example-row-softmax\` is a real search log, to try it with. Remove it when you have one of your own.
`};async function D(e,t){let n=`${JSON.stringify(C(),null,2)}\n`,r=[{kind:`whole`,path:f,content:T},{kind:`whole`,path:w,content:n},{kind:`lines`,path:`.gitignore`,lines:[`.overproof/runs/`,`.overproof/kernels/`]},{kind:`lines`,path:`.gitattributes`,lines:[`traces/** -text`,`.overproof/** linguist-generated`]},...Object.entries(E).map(([e,t])=>({kind:`whole`,path:e,content:t}))];for(let n of c){let i=`${s}/${n}`,o=a(await v(h(e,i),`utf8`),t.action);r.push({kind:`whole`,path:i,content:o})}return t.example&&r.push(...await O(h(e,`examples/cpp-row-softmax/logs`))),r.sort((e,t)=>e.path<t.path?-1:1)}async function O(e){let t=await y(e,{recursive:!0,withFileTypes:!0}),n=[];for(let r of t){if(!r.isFile())continue;let t=h(r.parentPath,r.name),i=t.slice(e.length+1).split(g).join(`/`);n.push({kind:`whole`,path:`traces/example-row-softmax/${i}`,content:await v(t,`utf8`)})}return n}async function k(e,n){let{action:a=o,example:s,force:c,dryRun:u}=e;if(!/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/overproof@[A-Za-z0-9][\w./-]*$/.test(a))throw t(`${JSON.stringify(a)} does not name the Action.`,`Write --action OWNER/overproof@REF, with a tag or the digest of a commit.`);let{folder:d}=await i(n.cwd,n.environment),f=await D(await l(),{action:a,example:s}),p=[];for(let t of f)p.push(await x(t,d,{force:c,action:e.action}));let m=p.flatMap(({path:e,content:t})=>t===void 0?[]:[{path:h(d,e),content:t,root:d}]);return!u&&m.length>0&&await r(m),{command:`init`,status:u?`dry-run`:m.length>0?`written`:`unchanged`,files:p.map(({path:e,change:t,missing:n,own:r})=>({path:e,change:t,missing:n,own:r})),next:A(a)}}function A(e){return[...e.startsWith(`OWNER/`)?[`The workflows name OWNER/overproof: run init --action NAME/overproof@REF with the owner of your copy.`]:[],`Commit and push: git add --all && git commit --message "Add Overproof" && git push`,`On GitHub, allow Actions to create pull requests (Settings, Actions, General), or name a GitHub App by the variable OVERPROOF_APP_CLIENT_ID and the secret OVERPROOF_APP_PRIVATE_KEY: checks of its pull requests start by themselves.`,`Make the check "${p}" required for the default branch. For models, set the secrets ANTHROPIC_API_KEY, OPENAI_API_KEY or OVERPROOF_API_KEY, and name them in overproof.yml.`]}export{k as init};