import type { Hub, JournalEntry } from "./state.ts";

/** Notes a request. Headers are never kept, and a token that stands anywhere else is masked. */
export function note(hub: Hub, entry: JournalEntry): void {
  hub.requests.push(JSON.parse(masked(hub, JSON.stringify(entry))) as JournalEntry);
}

/** The text without any known token, plain or in base64 as git sends it. */
export function masked(hub: Hub, text: string): string {
  let safe = text;
  for (const token of hub.accounts.keys()) {
    const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
    safe = safe.replaceAll(token, "***").replaceAll(basic, "***");
  }
  return safe;
}
