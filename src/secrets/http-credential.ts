import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { isPath, isReference } from "./secret-value.ts";

const authorization =
  /ation["'\\]{0,8}[ \t]{0,4}[=:,][ \t]{0,4}["'\\]{0,8}(?:(bearer|basic|token|digest|negotiate|apikey|bot)[ \t]{1,4})?([^\s"'\\,;<>]{4,8192})/iy;
const bearer = /[ \t]{1,4}([A-Za-z0-9._~+/-]{12,8192}={0,2})/y;
const cookieSign = /s?["'\\]{0,8}[ \t]{0,4}[:=][ \t]{0,4}["'\\]{0,8}/y;
const cookiePair = /[ \t]{0,2}([\w.$-]{1,64})=([^\s;"'\\,]{0,4096});?/y;
const attributes = new Set(["path", "domain", "expires", "max-age", "samesite", "priority", "version"]);

/** The value of an `Authorization` header; `after` is behind `authoriz`. */
export function authorizationAt(text: string, after: number): FoundSecret[] {
  authorization.lastIndex = after;
  const match = authorization.exec(text);
  if (!match) return [];
  const scheme = (match[1] ?? "").toLowerCase();
  const value = match[2] ?? "";
  if (!isCredential(value, scheme === "" ? 16 : 6)) return [];
  const kind: SecretKind =
    scheme === "bearer" ? "bearer-token" : scheme === "basic" ? "basic-auth" : "authorization";
  return [{ kind, from: authorization.lastIndex - value.length, to: authorization.lastIndex, value }];
}

/** `Bearer …` where no header's name stands before it; `after` is behind the word. */
export function bearerAt(text: string, after: number): FoundSecret[] {
  bearer.lastIndex = after;
  const value = bearer.exec(text)?.[1];
  if (value === undefined || !/\d/.test(value) || !isCredential(value, 16)) return [];
  return [{ kind: "bearer-token", from: bearer.lastIndex - value.length, to: bearer.lastIndex, value }];
}

/** The values of a `Cookie` header, or the first one of `Set-Cookie`. */
export function cookiesAt(text: string, cue: number, after: number): FoundSecret[] {
  cookieSign.lastIndex = after;
  if (!cookieSign.test(text)) return [];
  const isAnswer = /set[-_]$/i.test(text.slice(Math.max(0, cue - 4), cue));
  const found: FoundSecret[] = [];
  let at = cookieSign.lastIndex;
  for (let count = 0; count < 64; count++) {
    cookiePair.lastIndex = at;
    const match = cookiePair.exec(text);
    if (!match) break;
    at = cookiePair.lastIndex;
    const value = match[2] ?? "";
    const to = at - (match[0].endsWith(";") ? 1 : 0);
    if (!attributes.has((match[1] ?? "").toLowerCase()) && isCredential(value, 8))
      found.push({ kind: "cookie", from: to - value.length, to, value });
    if (isAnswer || !match[0].endsWith(";")) break;
  }
  return found;
}

/** Not a variable, not a path, and not the words of a manual. */
function isCredential(value: string, minLength: number): boolean {
  return (
    value.length >= minLength &&
    !isReference(value) &&
    !isPath(value) &&
    !/^[A-Za-z]?[a-z]*$/.test(value) &&
    !/^[a-z]+(?:[-_./][a-z]+)+$/i.test(value)
  );
}
