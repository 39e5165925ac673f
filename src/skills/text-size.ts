/** Unicode code points, which is what the specification's limits count. */
export function countCharacters(text: string): number {
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters;
}

/** About how many tokens a model counts: a quarter of the code points, rounded up. Exact counts differ by model. */
export function estimateTokens(text: string): number {
  return Math.ceil(countCharacters(text) / 4);
}
