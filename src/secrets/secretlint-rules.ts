import type { FoundSecret, SecretKind } from "./secret-kind.ts";

/** The kinds of what secretlint's rules report, by the last part of a rule's id. */
const kinds: Record<string, SecretKind> = {
  aws: "aws-secret-access-key",
  gcp: "google-key",
  privatekey: "private-key",
  npm: "npm-token",
  basicauth: "url-password",
  slack: "slack-token",
  sendgrid: "sendgrid-key",
  stripe: "stripe-key",
  github: "github-token",
  gitlab: "gitlab-token",
  openai: "openai-key",
  anthropic: "anthropic-key",
  huggingface: "huggingface-token",
  "database-connection-string": "url-password",
};

/**
 * The secrets that the rules of secretlint's recommended preset find. The rules are registered one by one, without
 * the filter that lets a comment such as `secretlint-disable` silence them. Loads secretlint on the first call.
 */
export async function secretsByRule(text: string): Promise<FoundSecret[]> {
  const { lintSource } = await import("@secretlint/core");
  const { rules } = await import("@secretlint/secretlint-rule-preset-recommend");
  const { messages } = await lintSource({
    source: { filePath: "trace.txt", content: text, ext: ".txt", contentType: "text" },
    options: {
      noPhysicFilePath: true,
      config: {
        rules: rules
          .filter(({ meta }) => !meta.id.endsWith("filter-comments"))
          .map((rule) => ({ id: rule.meta.id, rule, options: {} })),
      },
    },
  });
  return messages.map(({ ruleId, range: [from, to] }) => ({
    kind: kinds[/rule-([\w-]+)$/.exec(ruleId)?.[1] ?? ""] ?? "service-token",
    from,
    to,
    value: text.slice(from, to),
  }));
}
