import { expect, test } from "vitest";
import { signatureTree } from "./signature-tree.ts";

test("joins signatures of which most words agree, and says where they differ", () => {
  const tree = signatureTree();
  tree.add("RuntimeError: expected scalar type Half but found Float");
  const group = tree.add("RuntimeError: expected scalar type Half but found Double");
  tree.add("RuntimeError: expected scalar type Half but found Float");
  expect(group).toEqual({
    template: "RuntimeError: expected scalar type Half but found <*>",
    signatures: [
      "RuntimeError: expected scalar type Half but found Float",
      "RuntimeError: expected scalar type Half but found Double",
    ],
    count: 3,
  });
  expect(tree.groups()).toHaveLength(1);
});

test("keeps signatures apart that differ in a quoted name, a number in a name or their first words", () => {
  const tree = signatureTree();
  const signatures = [
    "NameError: name 'tl' is not defined",
    "NameError: name 'np' is not defined",
    "error: code for sm_90 is not there at all",
    "error: code for sm_80 is not there at all",
    "TypeError: the value that came is not one",
    "ValueError: the value that came is not one",
  ];
  for (const signature of signatures) tree.add(signature);
  expect(tree.groups().map((group) => group.template)).toEqual(signatures);
});

test("joins a signature with what a group has left open", () => {
  const tree = signatureTree();
  for (const type of ["Float", "Double", "Half"])
    tree.add(`RuntimeError: cannot cast the tensor to type ${type} here`);
  expect(tree.groups()).toHaveLength(1);
});
