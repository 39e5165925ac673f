import { sha256 } from "../digest.ts";

/** Results of two cases with one id would be taken for each other's. An id has at most 200 characters. */
export function caseId(skill: string, id: number | string): string {
  const whole = `${skill}/${id}`;
  return whole.length <= 200 ? whole : `${whole.slice(0, 183)}-${sha256(whole).slice(0, 16)}`;
}
