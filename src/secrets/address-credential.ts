import type { FoundSecret } from "./secret-kind.ts";
import { isReference, looksRandom } from "./secret-value.ts";

/** `scheme://user:password@host`; the user may be empty, and a password may hold an "@" that should be escaped. */
const userInfo = /:\/\/([^\s/:@"'<>]{0,128})(?::([^\s/"'<>]{1,512}))?@(?=[\w.[-])/g;
/** Addresses of data bases have no port before a user, so that a password with a slash can be told there. */
const withSlash =
  /\b(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|oracle|clickhouse|s?ftp|smtps?)(?:\+\w{1,16})?:\/\/[^\s/:@"'<>]{0,128}:([^\s/"'<>@]{0,128}\/[^\s"'<>@]{1,256})@(?=[\w.[-])/g;
/** Addresses that are keys themselves. */
const webhook =
  /hooks\.slack\.com\/(?:services|workflows|triggers)\/([A-Za-z0-9/_-]{20,})|discord(?:app)?\.com\/api\/webhooks\/([0-9]{10,}\/[A-Za-z0-9_-]{20,})/g;
const signature = /[?&](?:sig|signature|X-Amz-Signature|x-goog-signature)=([A-Za-z0-9%+/=_-]{16,})/gi;

/** Secrets that stand in an address: passwords, tokens in place of a user, signatures, web hooks. */
export function addressCredentials(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  if (!text.includes("://")) return found;
  if (text.includes("@")) {
    for (const match of text.matchAll(userInfo)) {
      const [whole, user = "", password] = match;
      const to = match.index + whole.length - 1;
      if (password !== undefined && !isReference(password) && password !== "password") {
        found.push({ kind: "url-password", from: to - password.length, to, value: password });
      } else if (password === undefined && user.length >= 20 && looksRandom(user)) {
        found.push({ kind: "url-password", from: to - user.length, to, value: user });
      }
    }
    for (const match of text.matchAll(withSlash)) {
      const password = match[1] ?? "";
      const to = match.index + match[0].length - 1;
      if (!/^\d{1,5}\//.test(password) && !isReference(password))
        found.push({ kind: "url-password", from: to - password.length, to, value: password });
    }
  }
  for (const match of text.matchAll(webhook)) {
    const value = match[1] ?? match[2] ?? "";
    const to = match.index + match[0].length;
    const kind = match[1] === undefined ? "service-token" : "slack-token";
    found.push({ kind, from: to - value.length, to, value });
  }
  for (const match of text.matchAll(signature)) {
    const value = match[1] ?? "";
    const to = match.index + match[0].length;
    found.push({ kind: "secret", from: to - value.length, to, value });
  }
  return found;
}
