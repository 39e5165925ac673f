import { expect, test } from "vitest";
import { isDeviceName } from "./device-name.ts";

test.each([
  "con",
  "CON",
  "aux.md",
  "nul.tar.gz",
  "con .json",
  "prn  ",
  "com1",
  "LPT9.txt",
  "COM¹",
  "lpt³.md",
  "CONIN$",
  "conout$.log",
  "nul:stream",
])("%j is a device", (name) => {
  expect(isDeviceName(name)).toBe(true);
});

test.each(["console", "con-dsl", "auxiliary.md", "com", "com10", "xcon", ".con", "null", "conin", ""])(
  "%j is an ordinary name",
  (name) => {
    expect(isDeviceName(name)).toBe(false);
  },
);
