/**
 * The combinations of a matrix: the product of its lists, without those of `exclude`, with what `include` adds. One empty
 * combination where there is no matrix. (github/docs, "Running variations of jobs in a workflow")
 */
export function combinations(matrix: unknown): Record<string, unknown>[] {
  if (matrix === undefined || matrix === null) return [{}];
  const {
    include = [],
    exclude = [],
    ...lists
  } = matrix as {
    include?: Record<string, unknown>[];
    exclude?: Record<string, unknown>[];
    [name: string]: unknown;
  };
  let product: Record<string, unknown>[] = Object.keys(lists).length === 0 ? [] : [{}];
  for (const [name, values] of Object.entries(lists)) {
    product = product.flatMap((one) => (values as unknown[]).map((value) => ({ ...one, [name]: value })));
  }
  const kept = product.filter((one) => !exclude.some((out) => fits(out, one)));
  const result = kept.map((one) => ({ ...one }));
  for (const extra of include) {
    const own = Object.keys(extra).filter((key) => key in lists);
    const matches = result.filter((one, index) =>
      own.every((key) => same(kept[index]?.[key] ?? one[key], extra[key])),
    );
    if (kept.length > 0 && matches.length > 0) for (const one of matches) Object.assign(one, extra);
    else result.push({ ...extra });
  }
  return result;
}

function fits(part: Record<string, unknown>, whole: Record<string, unknown>): boolean {
  return Object.entries(part).every(([key, value]) => same(whole[key], value));
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
