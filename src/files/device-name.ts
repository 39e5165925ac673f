/**
 * Names of devices on Windows, whatever their case and extension; blanks before the extension do not count there.
 * After Microsoft, "Naming Files, Paths, and Namespaces": superscript digits are digits, and consoles have two more.
 */
const deviceName = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[\d¹²³]) *(?:[.:]|$)/i;

/** Whether Windows would open a device instead of a file or folder of that name; `name` is one part of a path. */
export function isDeviceName(name: string): boolean {
  return deviceName.test(name);
}
