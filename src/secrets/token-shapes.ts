import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { looksRandom } from "./secret-value.ts";

/**
 * Tokens that their issuers made to be recognised: a prefix and a fixed alphabet. The lengths are lower bounds, so
 * that a token whose end was cut off is found too. Sources: the issuers' documentation of their formats.
 */
const shapes: readonly (readonly [SecretKind, string])[] = [
  ["aws-access-key-id", "A[KS]IA[A-Z0-9]{16}|A(?:BI|CC)A[A-Z0-9]{16}"],
  ["github-token", "github_pat_[A-Za-z0-9_]{20,}"],
  ["gitlab-token", "gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[A-Za-z0-9_.-]{16,}"],
  ["anthropic-key", "sk-ant-[A-Za-z0-9_-]{16,}"],
  ["openai-key", "sk-[A-Za-z0-9_-]{20,}"],
  ["huggingface-token", "hf_[A-Za-z0-9]{20,}|api_org_[A-Za-z0-9]{20,}"],
  ["google-key", "AIza[A-Za-z0-9_-]{30,}|GOCSPX-[A-Za-z0-9_-]{20,}|ya29\\.[A-Za-z0-9_-]{20,}"],
  ["slack-token", "xox[abceoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"],
  ["npm-token", "npm_[A-Za-z0-9]{30,}"],
  ["pypi-token", "pypi-AgE[A-Za-z0-9_-]{20,}"],
  ["stripe-key", "[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{20,}={0,2}"],
  ["sendgrid-key", "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}"],
  ["digitalocean-token", "do[opr]_v1_[a-f0-9]{32,}"],
  ["jwt", "eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){0,3}"],
  [
    "service-token",
    [
      "nvapi-[A-Za-z0-9_-]{30,}",
      "gsk_[A-Za-z0-9]{40,}",
      "xai-[A-Za-z0-9]{40,}",
      "r8_[A-Za-z0-9]{30,}",
      "dckr_pat_[A-Za-z0-9_-]{20,}",
      "dapi[a-f0-9]{32}",
      "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
      "glsa_[A-Za-z0-9]{20,}_[a-f0-9]{8}",
      "hv[bs]\\.[A-Za-z0-9_-]{20,}",
      "gl[cs]_[A-Za-z0-9+/]{32,}={0,2}",
      "ntn_[A-Za-z0-9]{30,}",
      "cf(?:k|ut|at)_[A-Za-z0-9]{40,}",
      "ops_eyJ[A-Za-z0-9+/=]{40,}",
      "lin_api_[A-Za-z0-9]{30,}",
      "figd_[A-Za-z0-9_-]{20,}",
      "sntry[su]_[A-Za-z0-9_=+/-]{30,}",
      "ATATT3[A-Za-z0-9_=-]{30,}",
      "tskey-[a-z]{3,12}-[A-Za-z0-9-]{16,}",
      "AGE-SECRET-KEY-1[A-Z0-9]{40,}",
      "\\d{8,10}:AA[A-Za-z0-9_-]{33}",
      "pplx-[A-Za-z0-9]{32,}",
      "fw_[A-Za-z0-9]{20,}",
      "SK[a-f0-9]{32}",
      "key-[a-f0-9]{32}",
      "sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,}",
      "dp\\.(?:pt|ct|st|sa|scim|audit)\\.(?:[a-z0-9_-]{2,64}\\.)?[A-Za-z0-9]{40,}",
      "PMAK-[a-f0-9]{24}-[a-f0-9]{30,}",
      "NRAK-[A-Z0-9]{24,}",
      "rubygems_[a-f0-9]{40,}",
      "cio[A-Za-z0-9]{32}",
      "HRKU-[A-Za-z0-9_-]{30,}",
      "nfp_[A-Za-z0-9]{30,}",
      "fo1_[A-Za-z0-9_-]{40,}|fm[12][ra]?_[A-Za-z0-9+/]{60,}={0,2}",
      "pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{30,}",
      "pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}",
      "secret_[A-Za-z0-9]{43}",
    ].join("|"),
  ],
];

/** GitHub's short prefixes occur in no word, so that nothing need stand before them. */
const github = "ghs_[0-9]{1,20}_[A-Za-z0-9_.-]{20,}|gh[pousr]_[A-Za-z0-9]{16,}";
const anyShape = new RegExp(
  `${github}|(?<![A-Za-z0-9])(?:${shapes.map(([, source]) => source).join("|")})`,
  "g",
);
const oneShape = shapes.map(([kind, source]) => [kind, new RegExp(`^(?:${source})$`)] as const);

/** An id and the secret beside it, as in the file of credentials that AWS offers for download. */
const awsPair = /A[KS]IA[A-Z0-9]{16}[\s,;:|"']{1,6}([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])/g;

/** What stands before the mark of a HashiCorp token is random; it is looked for from the mark on. */
const atlas = /\.atlasv1\.[A-Za-z0-9_=-]{40,}/g;

/** A token of a bot of Discord: its number in base64, a time, a signature; looked for from between its first two dots on. */
const discord = /\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}/g;

/** The header and the payload of a JWT are JSON objects, so that it is known where a line ended behind one of its dots. */
const splitJwt =
  /eyJ[A-Za-z0-9_-]{8,4096}[ \t]{0,4}\.\s{1,8}eyJ[A-Za-z0-9_-]{8,8192}(?:\s{0,8}\.\s{0,8}[A-Za-z0-9_-]{40,2048})?|eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,8192}\.\s{1,8}[A-Za-z0-9_-]{40,2048}/g;

/** Tokens that are known by their shape alone. */
export function tokenShapes(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  let sawAws = false;
  for (const match of text.matchAll(anyShape)) {
    const value = match[0];
    const kind = kindOf(value);
    if (!isPlausible(kind, value)) continue;
    sawAws ||= kind === "aws-access-key-id";
    found.push({ kind, from: match.index, to: match.index + value.length, value });
  }
  if (sawAws) {
    for (const match of text.matchAll(awsPair)) {
      const value = match[1] ?? "";
      const to = match.index + match[0].length;
      found.push({ kind: "aws-secret-access-key", from: to - value.length, to, value });
    }
  }
  if (text.includes(".atlasv1.")) {
    for (const match of text.matchAll(atlas)) found.push(withRunBefore(text, match));
  }
  for (const match of text.matchAll(discord)) {
    const place = withRunBefore(text, match);
    const [number = ""] = place.value.split(".");
    if (/^\d{15,21}$/.test(Buffer.from(number, "base64").toString("latin1"))) found.push(place);
  }
  if (text.includes("eyJ")) {
    for (const { index, 0: value } of text.matchAll(splitJwt))
      found.push({ kind: "jwt", from: index, to: index + value.length, value });
  }
  return found;
}

/** A token of a service with the letters and digits that stand before the part of it that was matched. */
function withRunBefore(text: string, match: RegExpExecArray): FoundSecret {
  const before = /[A-Za-z0-9]{0,64}$/.exec(text.slice(Math.max(0, match.index - 64), match.index))?.[0] ?? "";
  const value = before + match[0];
  const from = match.index - before.length;
  return { kind: "service-token", from, to: from + value.length, value };
}

function kindOf(value: string): SecretKind {
  return oneShape.find(([, pattern]) => pattern.test(value))?.[0] ?? "github-token";
}

/** Some prefixes are short enough to begin ordinary names: `sk-learn-...`, `hf_...`. */
function isPlausible(kind: SecretKind, value: string): boolean {
  if (kind === "openai-key") return /\d/.test(value) && /[A-Za-z0-9]{16}/.test(value);
  if (kind === "huggingface-token") return /[a-z]/.test(value.slice(3)) && /[A-Z0-9]/.test(value.slice(3));
  if (/^(?:fw_|cio|HRKU-|nfp_|secret_)/.test(value)) return looksRandom(value);
  return true;
}
