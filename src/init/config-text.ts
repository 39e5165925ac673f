/** Where the schema of the configuration is kept for editors, from the top of the repository. */
export const schemaPath = ".overproof/overproof.schema.json";

/**
 * The configuration that a repository starts with. It says nothing but what holds without it, so that every line can be
 * changed or taken out.
 */
export const configText = `# yaml-language-server: $schema=${schemaPath}
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
`;
