// An agent of a few lines: it knows the code of a question only from the skill that it finds, and logs what it reads.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";

let prompt = "";
for await (const part of process.stdin) prompt += part;
const id = /question-(\d+)/.exec(prompt)?.[1] ?? "0";
const folder = ".agents/skills";
const skills = existsSync(folder) ? readdirSync(folder) : [];
const calls = [];
let code = "unknown";
for (const name of skills) {
  // Where the prompt does not name the skill, its description has to fit.
  const path = `${folder}/${name}/SKILL.md`;
  const text = readFileSync(path, "utf8");
  if (!prompt.includes(path) && !/question-\d/.test(prompt)) continue;
  calls.push(["read_file", { path }]);
  code = /The code begins with (\w+)/.exec(text)?.[1] ?? code;
}
const answer = `${code}-${id}`;
if (prompt.includes("write")) {
  mkdirSync("out", { recursive: true });
  writeFileSync("out/answer.txt", `${answer}\n`);
  calls.push(["write_file", { path: "out/answer.txt", content: answer }]);
}
const messages = [
  { role: "user", content: prompt },
  ...calls.flatMap(([name, given], index) => [
    {
      role: "assistant",
      content: "",
      tool_calls: [
        { id: `c${index}`, type: "function", function: { name, arguments: JSON.stringify(given) } },
      ],
    },
    { role: "tool", tool_call_id: `c${index}`, content: "done" },
  ]),
  { role: "assistant", content: answer },
];
mkdirSync(`${homedir()}/log`);
writeFileSync(`${homedir()}/log/session.json`, JSON.stringify({ messages }));
console.log(answer);
