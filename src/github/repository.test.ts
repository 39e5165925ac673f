import { describe, expect, it } from "vitest";
import { apiAddress, cloneAddress, parseRepositoryName, repositoryOfAddress } from "./repository.ts";

describe("parseRepositoryName", () => {
  it("takes owner and name", () => {
    expect(parseRepositoryName("octo-org/skills.x_y")).toEqual({ owner: "octo-org", repo: "skills.x_y" });
  });

  it.each(["", "octo", "octo/", "/x", "a/b/c", "a/..", "a/b?x", "a b/c", "-a/b", "a/b\n"])(
    "refuses %j",
    (text) => {
      expect(() => parseRepositoryName(text)).toThrow("is no repository");
    },
  );
});

describe("repositoryOfAddress", () => {
  it.each([
    ["https://github.com/octo/skills.git", "github.com"],
    ["https://github.com/octo/skills/", "github.com"],
    ["https://user:pass@ghe.example:8443/octo/skills", "ghe.example:8443"],
    ["git@github.com:octo/skills.git", "github.com"],
    ["ssh://git@ghe.example/octo/skills.git", "ghe.example"],
  ])("reads %s", (address, host) => {
    expect(repositoryOfAddress(address)).toEqual({ host, owner: "octo", repo: "skills" });
  });

  it.each(["/srv/git/skills.git", "../skills", "https://github.com/skills", "file:///a/b", "C:\\x\\y", ""])(
    "knows no repository at %j",
    (address) => {
      expect(repositoryOfAddress(address)).toBeUndefined();
    },
  );
});

it("makes the addresses of github.com and of other servers", () => {
  const name = { owner: "octo", repo: "skills" };
  expect(cloneAddress("https://github.com/", name)).toBe("https://github.com/octo/skills.git");
  expect(apiAddress("https://github.com")).toBe("https://api.github.com");
  expect(apiAddress("https://ghe.example")).toBe("https://ghe.example/api/v3");
});
