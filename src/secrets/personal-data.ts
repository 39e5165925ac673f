import type { FoundSecret } from "./secret-kind.ts";

/** Accounts of machines and images, which say nothing about a person; many traces lie in their home folders. */
const commonAccounts = new Set(
  (
    "dev developer user users username name you me someone root runner runneradmin ubuntu debian fedora centos ec2-user " +
    "azureuser opc admin administrator vscode node codespace jovyan coder agent app build builder ci test tester git " +
    "jenkins gitlab-runner circleci vagrant docker linuxbrew shared public default sandbox workspace openhands swe oai " +
    "appuser nonroot nobody guest container student conda mambauser postgres www-data work"
  ).split(" "),
);

const unixHome = new RegExp(
  `/(?:homes?|Users)/(?!(?:${[...commonAccounts].join("|")})(?:[/\\s"':]|$))`,
  "gi",
);
const accountName = /[\p{L}\p{N}_][\p{L}\p{N}._-]{0,63}/uy;
const windowsHome =
  /[A-Za-z]:(?:\\{1,8}|\/)Users(?:\\{1,8}|\/)([^\s\\/:*?"'<>|[\]](?:[^\\/:*?"'<>|[\]\r\n\t]{0,62}[^\s\\/:*?"'<>|[\]])?(?=[\\/])|[\p{L}\p{N}._-]{1,64})/giu;
/** The way Claude Code names a folder after the path of a project. */
const projectFolder = /projects[\\/]{1,4}-(?:home|Users)-([A-Za-z0-9]{2,64})(?=-|\b)/g;
/** A flag that is glued to its path, or the folder that home folders lie in. */
const beforeHome =
  /(?:^|[\s"'`=,:;([{<>|@!+]|(?:^|[\s"'])-[A-Za-z]|file:\/\/|\\[nrt"]|\/(?:data|nfs|mnt|export|work|scratch|gpfs|lustre|var|net|fs|storage|media|srv|private|mnt\/[a-z]))$/;

/** Names of people in paths of their home folders; only the name is the place, so that the path stays readable. */
export function homeFolders(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  let done = -1;
  for (const match of text.matchAll(unixHome)) {
    accountName.lastIndex = match.index + match[0].length;
    const name = withoutDots(accountName.exec(text)?.[0] ?? "");
    if (isCommon(name)) continue;
    const before = text.slice(Math.max(0, match.index - 12), match.index);
    if (match.index !== done && !beforeHome.test(before)) continue;
    const from = match.index + match[0].length;
    found.push(place(name, from));
    done = from + name.length;
  }
  if (/Users/i.test(text)) {
    for (const match of text.matchAll(windowsHome)) {
      const name = withoutDots(match[1] ?? "");
      if (!isCommon(name)) found.push(place(name, match.index + match[0].length - (match[1] ?? "").length));
    }
  }
  if (text.includes("projects")) {
    for (const match of text.matchAll(projectFolder)) {
      const name = match[1] ?? "";
      if (!isCommon(name)) found.push(place(name, match.index + match[0].length - name.length));
    }
  }
  return found;
}

function place(name: string, from: number): FoundSecret {
  return { kind: "user", from, to: from + name.length, value: name };
}

function withoutDots(name: string): string {
  return name.replace(/[.-]+$/, "");
}

function isCommon(name: string): boolean {
  return name === "" || commonAccounts.has(name.toLowerCase());
}

const localCharacter = /[\p{L}\p{N}._%+'-]/u;
const domain = /[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/y;
/** Accounts that nobody reads; the first one is how Git's servers are written. */
const machines = /^(?:git|no-?reply|donotreply|actions|github-actions|dependabot|root)$/i;
/** What follows the last dot where "@" multiplies matrices, decorates, or names a version or a scaled picture. */
const notDomains = new Set(
  "t weight weights bias data grad shape view real imag value values half float double bfloat jit autotune heuristics kernel parametrize fixture contiguous transpose png jpg jpeg gif svg webp ico".split(
    " ",
  ),
);

/** Addresses of electronic mail, but not those of machines. */
export function mailAddresses(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  let floor = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let from = at;
    while (from > floor && at - from < 64 && localCharacter.test(text[from - 1] ?? "")) from--;
    // The letter of an escape such as \n is no part of a name.
    if (text[from - 1] === "\\" && /[nrtbfvux0]/.test(text[from] ?? "")) from++;
    while (from < at && /[._%+'-]/.test(text[from] ?? "")) from++;
    const local = text.slice(from, at);
    floor = at + 1;
    if (local === "" || machines.test(local)) continue;
    domain.lastIndex = at + 1;
    const host = domain.exec(text)?.[0].replace(/[.-]+$/, "");
    if (host === undefined || !isMailHost(host, text[at + 1 + host.length] ?? "")) continue;
    const to = at + 1 + host.length;
    found.push({ kind: "email", from, to, value: text.slice(from, to).toLowerCase() });
    floor = to;
  }
  return found;
}

function isMailHost(host: string, after: string): boolean {
  const labels = host.split(".");
  const last = labels.at(-1) ?? "";
  return (
    labels.length > 1 &&
    /^[A-Za-z]{2,24}$/.test(last) &&
    (last === last.toLowerCase() || last === last.toUpperCase()) &&
    !notDomains.has(last.toLowerCase()) &&
    labels[0] !== "self" &&
    after !== "(" &&
    after !== "[" &&
    !host.toLowerCase().endsWith("users.noreply.github.com")
  );
}
