/** What a check of the surroundings came to. */
export interface Remark {
  /** What was looked at, in a word or two. */
  subject: string;
  /** `broken` does not work, `warning` works less well than it could. */
  state: "ok" | "warning" | "broken";
  /** One sentence without a full stop. */
  says: string;
  /** One thing to do; null where all is well. */
  remedy: string | null;
}

export function ok(subject: string, says: string): Remark {
  return { subject, state: "ok", says, remedy: null };
}

export function warning(subject: string, says: string, remedy: string): Remark {
  return { subject, state: "warning", says, remedy };
}

export function broken(subject: string, says: string, remedy: string): Remark {
  return { subject, state: "broken", says, remedy };
}
