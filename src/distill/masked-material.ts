import { secretKindWords } from "../secrets/finding-words.ts";
import type { Redactor } from "../secrets/redactor.ts";
import type { JsonValue } from "../traces/json-value.ts";
import type { Material } from "./material.ts";

/** Secretlint's rules see so many characters at once. */
const pieceLength = 200_000;

/**
 * A material in which no secret is left that our patterns or secretlint's rules know: in its evidence, its files, the
 * prompt's data and what the offline distiller will answer. The trace was masked when it was read; this is the second
 * layer, over what is kept of it.
 */
export async function maskedMaterial(material: Material, redactor: Redactor): Promise<Material> {
  const { evidence, files, besides, prompt, remarks = [], traces, offline } = material;
  await learn([evidence, [...files.values()], besides, prompt.facts, prompt.code, remarks], redactor);
  const masked = <T>(value: T): T => redactor.maskValue(value as JsonValue) as T;
  return {
    ...material,
    op: redactor.mask(material.op),
    dsl: redactor.mask(material.dsl),
    backend: redactor.mask(material.backend),
    arch: redactor.mask(material.arch),
    traces: traces.map((trace) => ({
      ...trace,
      source: redactor.mask(trace.source),
      op: redactor.mask(trace.op),
    })),
    evidence: masked(evidence),
    files: new Map([...files].map(([name, value]) => [name, masked(value)])),
    ...(besides === undefined ? {} : { besides: masked(besides) }),
    metadata: masked(material.metadata),
    prompt: { ...prompt, facts: masked(prompt.facts), code: masked(prompt.code) },
    plainDescription: redactor.mask(material.plainDescription),
    remarks: [...masked(remarks), ...secretKindWords(redactor.findings)],
    offline: (known, library) => masked(offline(known, library)),
  };
}

/** Shows all strings of some values to secretlint's rules, so that the redactor knows what they find. */
async function learn(values: readonly unknown[], redactor: Redactor): Promise<void> {
  let piece = "";
  for (const text of stringsOf(values)) {
    piece += `${text}\n\n`;
    if (piece.length < pieceLength) continue;
    await redactor.maskDeep(piece);
    piece = "";
  }
  if (piece !== "") await redactor.maskDeep(piece);
}

function* stringsOf(values: readonly unknown[]): Generator<string> {
  const open: unknown[] = [...values].reverse();
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === "string") yield value;
    else if (typeof value === "object" && value !== null) open.push(...Object.values(value).reverse());
  }
}
