import type { Call } from "./route.ts";

/** One page of a list with GitHub's `Link` header: 30 a page unless asked otherwise, never more than 100. */
export function paged<Item>(
  items: readonly Item[],
  call: Call<unknown>,
): { items: Item[]; headers: Record<string, string> } {
  const size = Math.min(Math.max(Number(call.query.per_page ?? 30), 1), 100);
  const page = Math.max(Number(call.query.page ?? 1), 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const links: string[] = [];
  const link = (number: number, relation: string): void => {
    const address = new URL(call.address);
    address.searchParams.set("page", String(number));
    links.push(`<${address.href}>; rel="${relation}"`);
  };
  if (page > 1) link(page - 1, "prev");
  if (page < last) {
    link(page + 1, "next");
    link(last, "last");
  }
  if (page > 1) link(1, "first");
  return {
    items: items.slice((page - 1) * size, page * size),
    headers: links.length > 0 ? { link: links.join(", ") } : {},
  };
}
