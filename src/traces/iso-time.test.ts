import { expect, test } from "vitest";
import { isoTime } from "./iso-time.ts";

test.each([
  ["2026-09-14T11:42:00.000Z", "2026-09-14T11:42:00.000Z"],
  ["2026-09-25T10:09:03.441", "2026-09-25T10:09:03.441"],
  ["2026-09-20 10:11:12", "2026-09-20T10:11:12"],
  [1_789_386_120, "2026-09-14T11:42:00.000Z"],
  [1_789_386_120.0995, "2026-09-14T11:42:00.100Z"],
  [1_789_386_120_099, "2026-09-14T11:42:00.099Z"],
  [1_789_386_120_099_000, "2026-09-14T11:42:00.099Z"],
  ["1789386120099000000", "2026-09-14T11:42:00.099Z"],
])("%j is %s", (value, time) => {
  expect(isoTime(value)).toBe(time);
});

test.each([
  "",
  "yesterday",
  "12 o'clock",
  -1,
  0,
  Infinity,
  1e300,
  null,
  [1, 2],
  { seconds: 1 },
  true,
  undefined,
])("%j is no time", (value) => {
  expect(isoTime(value)).toBeNull();
});
