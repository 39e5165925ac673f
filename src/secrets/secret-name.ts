import type { SecretKind } from "./secret-kind.ts";

/** What the name of a value promises. A weak name, such as `token`, says something only of a value that looks it. */
export interface SecretName {
  kind: SecretKind;
  isWeak: boolean;
  /** A variable such as `OPENAI_KEY`: only a long number in hexadecimal, or a value that looks random, is one. */
  isKey?: boolean;
}

const passwords = new Set(["password", "passwd", "passphrase", "passcode", "pwd", "pw"]);
const keys = new Map<string, SecretKind>([
  ["apikey", "api-key"],
  ["apitoken", "token"],
  ["authkey", "api-key"],
  ["licensekey", "api-key"],
  ["accesskey", "api-key"],
  ["secretkey", "secret"],
  ["secretaccesskey", "aws-secret-access-key"],
  ["privatekey", "secret"],
  ["signingkey", "secret"],
  ["encryptionkey", "secret"],
  ["masterkey", "secret"],
  ["deploykey", "secret"],
  ["accountkey", "azure-key"],
  ["storagekey", "azure-key"],
  ["sharedkey", "azure-key"],
  ["sharedaccesskey", "azure-key"],
]);
/** Words after the name that say which one it is and not what it is. */
const suffixes = new Set(
  "base prod production dev test staging ci base64 b64 value str string plain plaintext raw old new default".split(
    " ",
  ),
);
/** Tokens of language models, parsers and programs: `pad_token`, `next_token`, `cancellation_token`. */
const otherTokens = new Set(
  (
    "pad eos bos unk sep cls mask special next prev previous new last first num max min per image audio start end stop " +
    "total cancel cancellation stopping unexpected expected invalid current each one single input output prompt type"
  ).split(" "),
);
/** Tokens that open something, whatever they look like. */
const tokenOwners = new Set(
  "auth access refresh api bearer session security github gh gitlab npm hf huggingface hub slack bot pypi deploy personal oauth id pat".split(
    " ",
  ),
);
/** What `pass` ends the name of where it is short for a password, unlike `first_pass`. */
const passOwners = new Set(
  "db database user mysql pg postgres smtp redis root admin sudo ftp mail auth http https proxy registry docker login svc service my".split(
    " ",
  ),
);

/** Keys of variables that open nothing. */
const openKeys = new Set(
  (
    "public pub primary foreign cache hash sort group partition row object lookup index unique dedup dedupe build " +
    "restore storage state host idempotency routing message event trace shard sharding kernel tuning autotune config"
  ).split(" "),
);

/** What a name such as `DB_PASSWORD`, `apiKey` or `github.token` promises; null for any other name. */
export function secretName(name: string): SecretName | null {
  const words = name
    .slice(-128)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
  while (words.length > 1 && suffixes.has(words.at(-1) ?? "")) words.pop();
  const last = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  if (passwords.has(last) || /pass(?:word|wd|phrase)$/.test(last))
    return { kind: "password", isWeak: last === "pw" };
  if (last === "pass" && passOwners.has(before)) return { kind: "password", isWeak: false };
  const joined = [3, 2, 1]
    .map((count) => keys.get(words.slice(-count).join("")))
    .find((kind) => kind !== undefined);
  if (joined === "secret" && words.includes("aws")) return { kind: "aws-secret-access-key", isWeak: false };
  if (joined) return { kind: joined, isWeak: false };
  if (last.endsWith("secret") || last === "credential") return { kind: "secret", isWeak: false };
  if (last === "secrets" || last === "credentials") return { kind: "secret", isWeak: true };
  if (last === "token")
    return otherTokens.has(before) ? null : { kind: "token", isWeak: !tokenOwners.has(before) };
  if (
    (last.endsWith("token") && tokenOwners.has(last.slice(0, -5))) ||
    (last === "auth" && name.startsWith("_"))
  )
    return { kind: "token", isWeak: false };
  if (last === "key" && /^[A-Z][A-Z0-9_]*_KEY/.test(name) && !openKeys.has(before))
    return { kind: "api-key", isWeak: true, isKey: true };
  return null;
}
