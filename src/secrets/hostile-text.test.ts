import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { plantedKey, plantedSecrets } from "../../test/secrets-trace.ts";
import type { JsonValue } from "../traces/json-value.ts";
import { decodedView } from "./decoded-view.ts";
import { createRedactor } from "./redactor.ts";

const secrets = [...plantedSecrets().map(({ line }) => line), plantedKey(), plantedKey().slice(0, 120)];

/** Beginnings of everything that the patterns look for, so that their combinations are tried. */
const pieces = [
  ..."a-=A0@. '\"\\\n\r\t/:;,<>[](){}&%$|".split(""),
  ..."password= password: token api_key secret Authorization: Bearer Cookie: a=b; eyJ sk- hf_ AKIA ://a: @b. /home/ /home/mara [secret: [email:1] [secret:password:1] [user:1] \\u0041 \\n %41 \\\\ --password mysql curl login".split(
    " ",
  ),
  "-----BEGIN PRIVATE KEY-----\n",
  "-----END PRIVATE KEY-----",
  "curl -u a:",
  "docker login -p ",
  "Private-Lines: 99\n",
  "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt\n",
  "password: |\n",
  "password = <<EOF\n  ",
  "\n  value: ",
  "- name: DB_PASSWORD",
  "machine a.example login b\npassword ",
  "aws configure set password ",
  "htpasswd -b f u ",
  "openssl enc -k ",
  "postgres://a:b/",
  "eyJaaaaaaaaa.",
  "MY_KEY=",
  '"+"',
  "&#103;",
  "&quot;",
  "\\u{67}",
  "\\147",
  "gh",
  "p_\n",
  "\uFF50",
  "<br>",
  "2026-01-01T00:00:00Z ",
  "C:\\Users\\",
  "\u001B[0m",
  "\u001B]",
  "\u200B",
  "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n",
  "aB3dE5gH7jK9mN1pQ3sT",
];

const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.constantFrom(...secrets), fc.string({ maxLength: 8 })), {
    maxLength: 40,
  })
  .map((parts) => parts.join(""));

test("masking twice changes nothing, with the same redactor and with another one", () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const redactor = createRedactor();
      const masked = redactor.mask(text);
      expect(redactor.mask(masked)).toBe(masked);
      expect(createRedactor().mask(masked)).toBe(masked);
    }),
    { numRuns: 1500 },
  );
});

test("masks a secret whatever lines stand around it", () => {
  fc.assert(
    fc.property(hostileText, fc.constantFrom(...plantedSecrets()), hostileText, (before, secret, after) => {
      const text = `${before.replaceAll("'", "").replaceAll('"', "")}\n${secret.line}\n${after}`;
      expect(createRedactor().mask(text).includes(secret.value)).toBe(false);
    }),
    { numRuns: 500 },
  );
});

const { json } = fc.letrec<{ json: JsonValue }>((again) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    hostileText,
    fc.integer(),
    fc.constant(null),
    fc.array(again("json"), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom("password", "token", "id", "Authorization", "Cookie", "key", "value", "text"),
      again("json"),
    ),
  ),
}));

function shapeOf(value: JsonValue): JsonValue {
  if (typeof value === "string") return "";
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
}

test("a masked value keeps its shape, and masking it twice changes nothing", () => {
  fc.assert(
    fc.property(json, (value) => {
      const redactor = createRedactor();
      const masked = redactor.maskValue(value);
      expect(shapeOf(masked)).toEqual(shapeOf(value));
      expect(redactor.maskValue(masked)).toEqual(masked);
    }),
    { numRuns: 300 },
  );
});

test("takes any text of a megabyte in bounded time", () => {
  const slow: string[] = [];
  for (const piece of pieces) {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
    const begin = performance.now();
    createRedactor().mask(text);
    // A quadratic pattern takes minutes.
    if (performance.now() - begin > 15_000) slow.push(piece);
  }
  expect(slow).toEqual([]);
}, 60_000);

test("a part of a decoded text lies where its escapes lie", () => {
  const escaped = fc.array(
    fc.constantFrom("a", "\\n", "\\u0062", "\\\\", "%63", "\u001B[0m", "\u200B", "é"),
    {
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(escaped, fc.nat(30), fc.nat(30), (parts, one, other) => {
      const text = parts.join("");
      const view = decodedView(text);
      if (!view) return;
      const from = Math.min(one, other, view.text.length - 1);
      const to = Math.min(Math.max(one, other), view.text.length);
      if (from < 0 || to <= from) return;
      const part = text.slice(view.startOf(from), view.endOf(to));
      expect(decodedView(part)?.text ?? part).toBe(view.text.slice(from, to));
    }),
  );
});
