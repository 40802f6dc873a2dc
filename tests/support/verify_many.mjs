// Verifies many bundles with deploy/verify/verify.mjs in one process: each line of the list names a bundle's file, the
// keys, receipts, checkpoints (base64), witnesses and files to hold against it; each line of the output is its report.

import { readFileSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";

const { checkBundle } = await import(pathToFileURL(process.argv[2]).href);
for (const line of readFileSync(process.argv[3], "utf8").split("\n").filter((one) => one !== "")) {
  const { file, keys, receipts, anchors, witnesses, files } = JSON.parse(line);
  const given = Object.entries(anchors).map(([name, data]) => [name, Buffer.from(data, "base64")]);
  let output;
  try {
    output = checkBundle(readFileSync(file), { keys, receipts, anchors: given, witnesses, files: files ?? undefined });
  } catch (error) {
    output = { crashed: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(output)}\n`);
}
