import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { isReference } from "./secret-value.ts";

/** Commands whose short flags take a password. Elsewhere `-p` is a port, a folder or a profile. */
const commands: readonly (readonly [SecretKind, string, RegExp])[] = [
  [
    "password",
    "-p",
    /\b(?:mysql(?:dump|admin|import|show)?|mariadb(?:-dump)?|mongosh?|sshpass)\b[^\n|;&]{0,300}?[ \t]-p[ \t]?["']?([^\s"'$<-][^\s"']{2,256})/g,
  ],
  [
    "password",
    "login",
    /\b(?:docker|podman|nerdctl|buildah|helm|oras|skopeo|crane|az|oc|registry)\b[^\n|;&]{0,80}?\blogin\b[^\n|;&]{0,300}?[ \t]-p[ \t=]?["']?([^\s"'$<-][^\s"']{2,256})/g,
  ],
  [
    "basic-auth",
    "curl",
    /\bcurl\b[^\n|;&]{0,400}?[ \t](?:-u|--user|--proxy-user)[ \t=]?["']?[^\s:"'/]{1,128}:([^\s"']{3,256})/g,
  ],
  ["password", "PASS", /\b(?:PGPASSWORD|SSHPASS)=["']?([^\s"';&]{3,256})/g],
  ["api-key", "wandb", /\bwandb[ \t]+login[ \t]+(?:--[\w-]+[ \t]+){0,4}([0-9a-zA-Z_-]{32,256})/g],
];

/** Passwords among the arguments of the commands that take one there. */
export function commandPasswords(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const [kind, mark, pattern] of commands) {
    if (!text.includes(mark)) continue;
    for (const match of text.matchAll(pattern)) {
      const value = match[1] ?? "";
      const to = match.index + match[0].length;
      if (!isReference(value)) found.push({ kind, from: to - value.length, to, value });
    }
  }
  return found;
}
