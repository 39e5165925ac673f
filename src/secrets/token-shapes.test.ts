import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { letters, plantedSecrets } from "../../test/secrets-trace.ts";
import { createRedactor } from "./redactor.ts";

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const hexadecimal = "0123456789abcdef";
const pick = letters(20260916);
const any = (count: number): string => `a1B${pick(alphanumeric, count - 3)}`;
const hex = (count: number): string => pick(hexadecimal, count);

/** Tokens in the forms of their issuers; none is or was real, and none stands here as a whole. */
const shapes: [string, string][] = [
  ["Perplexity", ["pp", "lx-", any(48)].join("")],
  ["Fireworks", ["f", "w_", any(24)].join("")],
  ["Twilio", ["S", "K", hex(32)].join("")],
  ["Mailgun", ["ke", "y-", hex(32)].join("")],
  ["Supabase", ["sb", "p_", hex(40)].join("")],
  ["Doppler", ["dp.", "pt.", any(43)].join("")],
  ["Postman", ["PM", "AK-", hex(24), "-", hex(34)].join("")],
  ["New Relic", ["NR", "AK-", pick("ABCDEFGHIJ0123456789", 27)].join("")],
  ["RubyGems", ["ruby", "gems_", hex(48)].join("")],
  ["crates.io", ["ci", "o", any(32)].join("")],
  ["Heroku", ["HR", "KU-", any(60)].join("")],
  ["Netlify", ["nf", "p_", any(36)].join("")],
  ["Fly", ["fo", "1_", any(43)].join("")],
  ["PlanetScale", ["pscale", "_tkn_", any(43)].join("")],
  ["Terraform", [any(14), "atlasv1", any(60)].join(".")],
  ["Airtable", [`${["pa", "t"].join("")}${any(14)}`, hex(64)].join(".")],
  ["Notion", ["sec", "ret_", any(43)].join("")],
  ["Discord", [Buffer.from("198622483471925248").toString("base64"), any(6), any(27)].join(".")],
];

for (const [issuer, token] of shapes) {
  test(`masks a token of ${issuer}, and nothing around it`, () => {
    const masked = createRedactor().mask(`The log says ${token} and goes on.`);
    expect(masked).toBe("The log says [secret:service-token:1] and goes on.");
  });
}

const github = plantedSecrets().find(({ kind }) => kind === "github-token")?.value ?? "";
const tail = github.slice(1);

/** Ways to write a token that a reader, a shell or a program takes for the token itself. */
const writings: [string, string][] = [
  ["in base64", Buffer.from(github).toString("base64").replaceAll("=", "")],
  ["in the base64 of addresses, with words before it", Buffer.from(`key ${github}`).toString("base64url")],
  ["in hexadecimal", Buffer.from(github).toString("hex")],
  [
    "in strings that code puts together",
    `${github.slice(0, 4)}"+"${github.slice(4, 20)}" +\n  "${github.slice(20)}`,
  ],
  [
    "in letters of double width",
    github.replaceAll(/[A-Za-z0-9_]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfe_e0)),
  ],
  ["with a reference of HTML", `&#103;${tail}`],
  ["with a reference of HTML in hexadecimal", `&#x67;${tail}`],
  ["with an octal escape", `\\147${tail}`],
  ["with a long escape", `\\U00000067${tail}`],
  ["with an escape in braces", `\\u{67}${tail}`],
  ["with an escape of Markdown", github.replace("_", "\\_")],
];
for (const [how, written] of writings) {
  test(`masks a token ${how}`, () => {
    const redactor = createRedactor();
    expect(redactor.mask(`it is ${written} here`)).toBe("it is [secret:github-token:1] here");
    expect(redactor.mask(`it is ${github} here`)).toBe("it is [secret:github-token:1] here");
  });
}

test("masks a token that goes over the end of a line, wherever it was broken, and keeps the lines", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: github.length - 3 }),
      fc.constantFrom("", "  ", "> "),
      (at, margin) => {
        const masked = createRedactor().mask(
          `it is ${github.slice(0, at)}\n${margin}${github.slice(at)}\nnext`,
        );
        expect(masked).toBe(`it is [secret:github-token:1]\n${margin}[secret:github-token:1]\nnext`);
      },
    ),
  );
});

test("does not take the line below a whole token with it", () => {
  expect(createRedactor().mask(`it is ${github}\nnext1`)).toBe("it is [secret:github-token:1]\nnext1");
});

test("masks a JWT whose lines end behind its dots", () => {
  const jwt = plantedSecrets().find(({ kind }) => kind === "jwt")?.value ?? "";
  expect(createRedactor().mask(`it is ${jwt.replaceAll(".", ".\n")} here`)).toBe("it is [secret:jwt:1] here");
});

test("takes pictures, digests and plain words in base64 for what they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 24, maxLength: 200 }), (bytes) => {
      const text = `data ${Buffer.from(bytes).toString("base64")} ${Buffer.from(bytes).toString("hex")}`;
      expect(createRedactor().mask(text)).toBe(text);
    }),
    { numRuns: 500 },
  );
});
