/** What may stand between the bytes of a value in hexadecimal: `0a 0b`, `0a:0b`, `\x0a\x0b`, `0x0a, 0x0b`, `%0a%0b`. */
const betweenBytes = String.raw`[\s:,;-]{0,2}(?:\\x|0x|%)?`;

/**
 * Makes a function that replaces values wherever they stand in a text, also when they are written backwards, in
 * hexadecimal, in Base64, for a URL or inside of JSON. It hides from accidents and from simple tricks: whoever may
 * transform a value as they like can always bring it past.
 */
export function valueHider(values: readonly string[], placeholder: string): (text: string) => string {
  const both = values.flatMap((value) => [value, Array.from(value).reverse().join("")]);
  const forms = new Set(both.flatMap((value) => [...plainForms(value), hexadecimal(value)]));
  if (forms.size === 0) return (text) => text;
  // The longest first: a form may be the beginning of another one.
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  const anywhere = new RegExp(sorted.join("|"), "g");
  return (text) => text.replace(anywhere, () => placeholder);
}

/** As patterns. */
function plainForms(value: string): string[] {
  const quoted = JSON.stringify(value).slice(1, -1);
  // Some serializers escape slashes too.
  const forms = [
    value,
    encodeURIComponent(value.toWellFormed()),
    quoted,
    quoted.replaceAll("/", String.raw`\/`),
  ];
  return [...forms.map(literal), ...base64Forms(Buffer.from(value))];
}

/** A character of Base64 that belongs to a value in part. */
const shared = "[A-Za-z0-9+/_-]?";

/**
 * A value in the middle of encoded text begins at any of three places of a group of four characters. A character that it
 * shares with a neighbour can be any one, and is hidden too.
 */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const from = Math.ceil((before * 8) / 6);
    const until = Math.floor(((before + bytes.length) * 8) / 6);
    const head = before === 0 ? "" : shared;
    const tail = until === encoded.length ? "" : `${shared}={0,2}`;
    const inner = encoded.slice(from, until);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")].map(
      (form) => `${head}${literal(form)}${tail}`,
    );
  });
}

function hexadecimal(value: string): string {
  const digits = [...Buffer.from(value)].map((byte) => byte.toString(16).padStart(2, "0"));
  const eitherCase = digits.map((pair) =>
    pair.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`),
  );
  return eitherCase.join(betweenBytes);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
