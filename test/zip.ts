import { buffer } from "node:stream/consumers";
import { crc32, deflateRawSync } from "node:zlib";
import { fromBufferPromise } from "yauzl";
import { ZipFile } from "yazl";

/** A zip as a well-behaved program writes it, deflated, by path. */
export async function zipOf(files: Record<string, string | Buffer>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), path);
  zip.end();
  return buffer(zip.outputStream);
}

/** The texts in a well-behaved zip, by path. */
export async function filesOfZip(zip: Buffer): Promise<Record<string, string>> {
  const file = await fromBufferPromise(zip, { lazyEntries: true });
  const files: Record<string, string> = {};
  for await (const entry of file.eachEntry()) {
    files[entry.fileName] = (await buffer(await file.openReadStreamPromise(entry))).toString("utf8");
  }
  return files;
}

/** One entry of a hand-made zip. What is left out is as an honest writer would write it. */
export interface RawEntry {
  name: string | Buffer;
  content?: string | Buffer;
  /** 0 stored, 8 deflated (the default); another one is only written down. */
  method?: number;
  /** General purpose bits; 0x800 (the name is UTF-8) when absent. */
  flags?: number;
  /** A Unix mode with its type bits. */
  mode?: number;
  /** What the directory declares instead of the truth. */
  size?: number;
  compressedSize?: number;
  crc?: number;
  /** The name in front of the data. */
  localName?: string;
  /** Where the directory says that it begins, instead of being written at all. */
  at?: number;
}

/** Writes a zip byte by byte, with whatever lies the entries tell (APPNOTE.TXT 4.3). */
export function rawZip(entries: readonly RawEntry[], end: { disk?: number; count?: number } = {}): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { content = "", method = 8, flags = 0x800, mode = 0o100644 } = entry;
    const bytes = Buffer.from(content);
    const data = method === 8 ? deflateRawSync(bytes) : bytes;
    const name = Buffer.from(entry.name);
    const crc = entry.crc ?? crc32(bytes);
    const compressedSize = entry.compressedSize ?? data.length;
    const size = entry.size ?? bytes.length;
    const localName = Buffer.from(entry.localName ?? name);
    const at = entry.at ?? offset;
    const common = fields([2, flags], [2, method], [4, 0], [4, crc], [4, compressedSize], [4, size]);
    if (entry.at === undefined) {
      const header = Buffer.concat([
        fields([4, 0x04034b50], [2, 20]),
        common,
        fields([2, localName.length], [2, 0]),
        localName,
        data,
      ]);
      local.push(header);
      offset += header.length;
    }
    directory.push(
      fields([4, 0x02014b50], [2, (3 << 8) | 20], [2, 20]),
      common,
      fields([2, name.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, mode * 0x10000], [4, at]),
      name,
    );
  }
  const listing = Buffer.concat(directory);
  const count = end.count ?? entries.length;
  const tail = fields(
    [4, 0x06054b50],
    [2, end.disk ?? 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, listing.length],
    [4, offset],
    [2, 0],
  );
  return Buffer.concat([...local, listing, tail]);
}

/** Unsigned little-endian numbers of 2 or 4 bytes. */
function fields(...values: readonly (readonly [width: 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(
    values.map(([width, value]) => {
      const bytes = Buffer.alloc(width);
      bytes.writeUIntLE(value, 0, width);
      return bytes;
    }),
  );
}
