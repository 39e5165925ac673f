/**
 * Letters of other alphabets, each followed by the Latin one that it looks like: the common ones of Unicode's list of
 * confusables (UTS #39), in Cyrillic, Greek, Armenian and phonetic letters.
 */
const pairs = [
  "аaеeіiјjкkмmоoпnрpсcтtуyхxѕsһhԁdԛqԝwѵvӏlгrьb",
  "АAВBЕEЅSІIЈJКKМMНHОOРPСCТTУYХXԌGԚQԜW",
  "αaβbγyεeηnιiκkνvοoρpτtυuχxωw",
  "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX",
  "օoոnսuհhցg",
  "ɑaɡgıiɩiᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢz",
].join("");

const latinOf = new Map<string, string>();
for (let at = 0; at < pairs.length; at += 2) latinOf.set(pairs.charAt(at), pairs.charAt(at + 1));

const foreign = new RegExp(`[${[...latinOf.keys()].join("")}]`, "gu");

const plain = /^[\t\r\n -~]*$/;

/**
 * A text as it looks: full-width and mathematical letters become ordinary ones (NFKD), accents are left out, and
 * letters of other alphabets become the Latin ones that they look like. For comparing only.
 */
export function asItLooks(text: string): string {
  if (plain.test(text)) return text;
  return text
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036F]/g, "")
    .replaceAll(foreign, (letter) => latinOf.get(letter) ?? letter)
    .normalize("NFC");
}
