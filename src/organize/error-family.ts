/** What errors have in common, by the stage at which they show. */
export interface ErrorFamily {
  /** A part of a skill's name. */
  key: string;
  /** How it is called in a sentence. */
  phrase: string;
}

const families: readonly (ErrorFamily & { words: RegExp })[] = [
  {
    key: "resources",
    phrase: "limits of the device",
    words:
      /out of resources?|shared memory|register|too many|exceed|spill|out of memory|oom|overflowed|ub overflow|l1 overflow|超限|资源|显存|内存不足/i,
  },
  {
    key: "memory-access",
    phrase: "memory access and masks",
    words:
      /illegal memory|out[- ]of[- ]bounds|misaligned|segmentation|segfault|invalid address|bus error|mask|mte|aicore|越界|掩码|访存|非法地址/i,
  },
  {
    key: "numerics",
    phrase: "wrong results",
    words:
      /mismatch|not close|allclose|nan|inf\b|tolerance|precision|accura|wrong result|incorrect|dtype|精度|误差|数值|不一致/i,
  },
  {
    key: "compile",
    phrase: "compilation",
    words:
      /compil|syntax|undeclared|undefined|not defined|unsupported|power of 2|constexpr|no member|expected .* (?:before|type)|link|ptxas|mlir|编译|语法|未定义|不支持/i,
  },
  {
    key: "calls",
    phrase: "calls and arguments",
    words:
      /typeerror|attributeerror|argument|keyword|signature|import|module|shape|dimension|rank|参数|形状|维度|导入/i,
  },
];

const other: ErrorFamily = { key: "others", phrase: "other errors" };

/** The family of an entry by the text that identifies its error; the first that fits, the scarcest words first. */
export function errorFamilyOf(text: string): ErrorFamily {
  const found = families.find(({ words }) => words.test(text));
  return found === undefined ? other : { key: found.key, phrase: found.phrase };
}
