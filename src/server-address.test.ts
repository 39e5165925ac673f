import { describe, expect, it } from "vitest";
import { serverAddress } from "./server-address.ts";

describe("serverAddress", () => {
  it.each([
    "http://github.example/o/r.git",
    "http://localhost.example/o/r.git",
    "http://127.0.0.1.example/",
    "ssh://git@github.com/o/r.git",
    "git@github.com:o/r.git",
    "ext::sh -c x",
    "/srv/git/r.git",
    "",
  ])("refuses %j, where the token would be seen", (address) => {
    expect(() => serverAddress(address, "The address")).toThrow("The address is no https address");
  });

  it("refuses credentials", () => {
    expect(() => serverAddress("https://u:p@github.com/o/r.git", "The address")).toThrow("holds credentials");
  });

  it.each([
    "https://github.com/o/r.git",
    "http://127.0.0.1:3000/o/r.git",
    "http://localhost/o/r",
    "http://x.localhost/o/r",
    "http://[::1]/o/r",
  ])("takes %s", (address) => {
    expect(serverAddress(address, "The address").href).toBe(address);
  });
});
