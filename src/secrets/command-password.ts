import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { isReference } from "./secret-value.ts";

const httpieLogin =
  /\b(?:https?|xhs?)[ \t][^\n|;&]{0,300}?(?:-a|--auth)[ \t=]["']?[^\s:"'/]{1,128}:([^\s"']{3,256})/g;

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
  [
    "password",
    "redis-cli",
    /\bredis-cli\b[^\n|;&]{0,300}?[ \t](?:-a|--pass)[ \t=]["']?([^\s"'$<-][^\s"']{2,256})/g,
  ],
  [
    "password",
    "openssl",
    /\bopenssl[ \t]+(?:enc|aes[\w-]{0,20}|des[\w-]{0,20})\b[^\n|;&]{0,300}?[ \t]-k[ \t]["']?([^\s"'$<-][^\s"']{2,256})/g,
  ],
  ["password", "pass:", /[ \t]-pass(?:in|out)?[ \t]{1,4}["']?pass:([^\s"'$<][^\s"']{2,256})/g],
  [
    "password",
    "htpasswd",
    /\bhtpasswd(?=[^\n|;&]{0,80}[ \t]-\w{0,6}b)(?![^\n|;&]{0,80}[ \t]-\w{0,6}n)(?:[ \t]+-[A-Za-z]{1,8}(?:[ \t]+\d{1,3})?){1,6}[ \t]+[^\s-]\S{0,200}[ \t]+[^\s|;&]{1,128}[ \t]+["']?([^\s"'$<|;&-][^\s"'|;&]{2,256})/g,
  ],
  [
    "password",
    "htpasswd",
    /\bhtpasswd(?=[^\n|;&]{0,80}[ \t]-\w{0,6}b)(?=[^\n|;&]{0,80}[ \t]-\w{0,6}n)(?:[ \t]+-[A-Za-z]{1,8}(?:[ \t]+\d{1,3})?){1,6}[ \t]+[^\s|;&-][^\s|;&]{0,128}[ \t]+["']?([^\s"'$<|;&-][^\s"'|;&]{2,256})/g,
  ],
  ["basic-auth", "--auth", httpieLogin],
  ["basic-auth", " -a ", httpieLogin],
  [
    "api-key",
    "netrc",
    /\b(?:api\.)?wandb(?:\.ai)?\b[^\n]{0,80}\bnetrc[^\n]{0,20}?[:=][ \t]{0,4}["']?([0-9a-f]{40,128})\b/g,
  ],
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
