import type { SearchLog } from "./search-log.ts";
import { languageOf, type SourceLanguage, strippedSource } from "./source-text.ts";

/** The versions of a search as their code tells them apart. */
export interface SearchVersions {
  /** Source without comments; undefined for a task without code. */
  codeOf(task: string): string | undefined;
  /** What its code is written in. */
  languageOf(task: string): SourceLanguage;
  /** The task it was derived from; undefined for the first ones. */
  parentOf(task: string): string | undefined;
}

/** Each source is stripped when it is first asked for, and once: many versions are never compared with another. */
export function searchVersions(log: SearchLog): SearchVersions {
  const records = new Map(log.records.map((record) => [record.task_id, record]));
  const stripped = new Map<string, string>();

  function codeOf(task: string): string | undefined {
    const source = log.code.get(task);
    const record = records.get(task);
    if (source === undefined || !record?.impl) return undefined;
    let code = stripped.get(task);
    if (code === undefined) {
      code = strippedSource(source, languageOf(record.impl));
      stripped.set(task, code);
    }
    return code;
  }

  return {
    codeOf,
    languageOf: (task) => languageOf(records.get(task)?.impl ?? ""),
    parentOf: (task) => records.get(task)?.parent_id || undefined,
  };
}
