#!/usr/bin/env node
// Verifies a bundle (证据包) of a Banjie ledger offline: one file for Node 18 or newer, nothing to install.
//
// Written from the description in README.md beside it and not from verify.py, so that a mistake in one shows in the
// other; the two give the same report. It opens no network connection and writes nothing. Whatever a bundle holds ends
// in a finding, never in an exception.

import { createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { closeSync, openSync, readSync, readdirSync, realpathSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";

const ZIP_BYTES_MAX = 256 * 2 ** 20;
const FILE_BYTES_MAX = 16 * 2 ** 20;
const UNPACKED_BYTES_MAX = 512 * 2 ** 20;
const FINDINGS_MAX = 1000;
const DEPTH_MAX = 20;
const DEFINITION_DEPTH_MAX = 64;
const NOTE_BYTES_MAX = 64 * 1024;
const RECEIPT_BYTES_MAX = 4096;
const SIGNATURES_MAX = 100;
const TOLERANCE_SECONDS = 300;
// What anonymous people send is dated to such a boundary, and may be entered late.
const ROUNDED_SECONDS = 4 * 3600;
const ZERO_HASH = "0".repeat(64);

// Every finding by its code: the rule it breaks, and what it says. verify.py has the same table.
const FINDINGS = {
  bad_zip: ["B1", "不是合格的证据包文件", "not a well-formed bundle file"],
  no_manifest: ["B2", "没有清单 manifest.jcs", "there is no manifest.jcs"],
  unlisted_file: ["B2", "清单中没有这个文件", "the manifest does not list this file"],
  missing_file: ["B2", "缺少清单所列的文件", "a file that the manifest lists is missing"],
  changed_file: ["B2", "文件内容与清单不符", "the file is not the one the manifest lists"],
  unknown_file: ["B2", "证据包中不应有这个文件", "a bundle has no such file"],
  bad_manifest: ["B3", "清单形式不对", "the manifest has a wrong form"],
  bad_openings: ["B3", "openings.jcs 形式不对", "openings.jcs has a wrong form"],
  bad_erased: ["B3", "erased.jcs 形式不对", "erased.jcs has a wrong form"],
  bad_consistency: ["B3", "consistency.jcs 形式不对", "consistency.jcs has a wrong form"],
  no_entries: ["B3", "证据包中没有账目", "the bundle holds no entries"],
  not_canonical: ["E1", "不是规范字节（RFC 8785）", "not the canonical bytes of an object (RFC 8785)"],
  other_ledger: ["E3", "属于另一本账册", "it belongs to another ledger"],
  bad_shape: ["E4", "条目的内容不合规定形式", "the parts of the entry are not those its type has"],
  same_id: ["E4", "两条账目编号相同", "two entries have the same id"],
  gap: ["C1", "序号不连续：有账目缺失或重复", "seq does not go on here: an entry is missing or repeated"],
  excerpt_of_case: ["C1", "只有系统账可以摘录，事项须完整", "only streams may be excerpts, a case must be whole"],
  not_linked: ["C2", "没有接在前一条之后", "prev is not the hash of the entry before"],
  no_definition: ["C3", "缺少所依据的流程文本", "the pinned definition is not in the bundle"],
  other_definition: ["C3", "流程文本与账目所载哈希不符", "the definition is not the one that is pinned"],
  bad_definition: ["C3", "流程文本无法读取", "the definition cannot be read"],
  earlier: ["C3", "时间早于前一条", "it is earlier than the entry before"],
  opening: ["C3", "第一条且只有第一条是立项", "the first entry opens the case, and no other does"],
  other_workflow: ["C3", "流程名称或版本与所依据的文本不符", "name or version are not those of the definition"],
  wrong_initial: ["C3", "立项后的状态不是流程的起始状态", "the case does not begin in the initial state"],
  no_transition: ["C3", "流程中没有这一流转", "the definition has no such transition"],
  wrong_state: ["C3", "在这一状态不能作此流转", "this transition does not leave the state the case is in"],
  wrong_role: ["C3", "这一角色不能作此流转", "this role may not make this transition"],
  wrong_verdict: ["C3", "条件的结论与流程不符", "the verdicts of the guards do not allow this"],
  wrong_target: ["C3", "转到的状态与流程不符", "the transition does not lead there"],
  bad_keys: ["S1", "keys.txt 缺失或形式不对", "keys.txt is missing or has a wrong form"],
  no_log_key: ["S1", "没有可信的账册密钥", "there is no trusted key of the log"],
  unpinned_key: ["S1", "密钥不在您所给的密钥之中", "the key is none of those you named"],
  bad_note: ["S1", "不是签名的检查点", "not a signed checkpoint"],
  other_origin: ["S1", "检查点出自另一账册", "the checkpoint is of another log"],
  bad_signature: ["S1", "签名不成立", "a signature does not hold"],
  unsigned: ["S1", "没有账册密钥的签名", "the key of the log did not sign it"],
  unwitnessed: ["S1", "没有您所给见证人的联署", "the witness you named did not cosign it"],
  shrunk: ["S2", "账册比这一检查点时更小", "the log has fewer entries than at this checkpoint"],
  forked: ["S3", "账册在这一检查点之后被改写", "the log was rewritten since this checkpoint"],
  no_consistency: ["S3", "证据包中没有从这一检查点起的一致性证明", "the bundle proves nothing for this checkpoint"],
  no_proof: ["S4", "条目没有包含证明", "the entry has no inclusion proof"],
  bad_proof: ["S4", "包含证明形式不对", "the inclusion proof has a wrong form"],
  other_checkpoint: ["S4", "证明所附的不是本证据包的检查点", "the proof leads to another checkpoint"],
  not_included: ["S4", "条目不在检查点的树中", "the entry is not in the tree of the checkpoint"],
  same_index: ["S4", "两条账目在树中位置相同", "two entries claim the same place in the tree"],
  wrong_migration: ["C3", "不能这样改按另一版本办理", "the case could not go on like this under another version"],
  unlawful_erasure: ["C3", "删除未经有权人员办理和批准", "nobody who may erase has made and approved this erasure"],
  erased_while_held: ["C3", "保全期间删除了内容", "something was erased while the case was held"],
  erased_too_early: ["C3", "尚未办结即删除了内容", "something was erased before the case had ended"],
  not_erased: ["V1", "没有相应的删除记录", "no entry says that this was erased"],
  erased_and_open: ["V2", "已删除的内容又出现", "what was erased is still given"],
  not_opened: ["V4", "原值与所作承诺不符", "the value does not open its commitment"],
  wrong_erasure: ["V5", "所删除的内容并不存在", "no entry before this one committed to what it erased"],
  stray_opening: ["V6", "没有任何条目承诺这一原值", "no entry commits to this value"],
  stray_erasure: ["V6", "所称删除的内容并不存在", "nothing of this kind was there to be erased"],
  bad_receipt: ["R1", "不是回执，或回执不完整", "this is no receipt, or not all of it"],
  receipt_unsigned: ["R1", "回执不是由回执密钥签发的", "the receipt key did not sign this receipt"],
  receipt_other_ledger: ["R1", "回执属于另一本账册", "the receipt is of another ledger"],
  receipt_missing: ["R1", "回执所载的条目不在证据包中", "the entry of the receipt is not in the bundle"],
  receipt_differs: ["R1", "条目与回执所载不符", "the entry is not the one the receipt was given for"],
  file_missing: ["F1", "所给文件中没有账目所载的附件，或其内容已变", "its file is not among those given, or was changed"],
  file_stray: ["F1", "没有账目载有内容如此的附件", "no entry that is opened here names a file with this content"],
  file_unread: ["F1", "不是普通文件，或无法读取", "this is no plain file, or it cannot be read"],
  outside_bracket: ["T1", "登记时间与检查点的见证时间不符", "it was not recorded when it says, as witnesses show"],
};

// Bytes that are not what they should be.
class Refused extends Error {}

function refuse() {
  throw new Refused();
}

// Returns what the function gives; undefined when it refuses. Anything else that it throws is a defect of ours.
function attempt(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const compareBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const sortedNames = (files, folder) => [...files.keys()].filter((name) => name.startsWith(folder)).sort(compareBytes);

function decodeText(data) {
  try {
    return utf8.decode(data);
  } catch {
    return refuse();
  }
}

// ------------------------------------------------------------------------------------------------ the zip file

const SAFE_NAME = /^[a-z0-9][a-z0-9._-]{0,100}(\/[a-z0-9][a-z0-9._-]{0,100})?$/;
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(data) {
  let crc = 0xffffffff;
  for (let at = 0; at < data.length; at += 1) crc = CRC_TABLE[(crc ^ data[at]) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// Reads little-endian numbers one after the other; what lies beyond the end is refused.
class Cursor {
  constructor(data, at) {
    this.data = data;
    this.at = at;
  }

  take(length) {
    if (this.at + length > this.data.length) refuse();
    const part = this.data.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }

  u16() {
    return this.take(2).readUInt16LE();
  }

  u32() {
    return this.take(4).readUInt32LE();
  }
}

function inflate(packed, size) {
  let result;
  try {
    result = inflateRawSync(packed, { info: true, maxOutputLength: size + 1 });
  } catch {
    refuse();
  }
  if (result.engine.bytesWritten !== packed.length) refuse();
  return result.buffer;
}

// Members one after the other from the first byte, each described twice in the same words; nothing between or behind.
function unzip(data) {
  if (data.length < 22 || data.length > ZIP_BYTES_MAX) refuse();
  const directoryEnd = data.length - 22;
  const end = new Cursor(data, directoryEnd);
  if (end.u32() !== 0x06054b50 || end.u16() !== 0 || end.u16() !== 0) refuse();
  const count = end.u16();
  if (end.u16() !== count) refuse();
  const directorySize = end.u32();
  const directoryAt = end.u32();
  if (end.u16() !== 0 || directoryAt + directorySize !== directoryEnd) refuse();

  const files = new Map();
  const directory = new Cursor(data.subarray(0, directoryEnd), directoryAt);
  const members = data.subarray(0, directoryAt);
  let position = 0;
  let total = 0;
  for (let number = 0; number < count; number += 1) {
    if (directory.u32() !== 0x02014b50) refuse();
    directory.take(4); // made by, needed
    const flags = directory.u16();
    const method = directory.u16();
    directory.take(4); // time and date
    const crc = directory.u32();
    const packedSize = directory.u32();
    const size = directory.u32();
    const nameLength = directory.u16();
    if (directory.u16() !== 0 || directory.u16() !== 0 || directory.u16() !== 0) refuse(); // extra, comment, disk
    directory.take(2);
    const fileType = (directory.u32() >>> 16) & 0o170000;
    if (directory.u32() !== position || (fileType !== 0 && fileType !== 0o100000)) refuse();
    const name = directory.take(nameLength).toString("latin1");
    if ((flags !== 0 && flags !== 0x800) || (method !== 0 && method !== 8)) refuse();
    if (!SAFE_NAME.test(name) || files.has(name) || size > FILE_BYTES_MAX) refuse();
    total += size;
    if (total > UNPACKED_BYTES_MAX) refuse();

    const local = new Cursor(members, position);
    if (local.u32() !== 0x04034b50) refuse();
    local.take(2);
    if (local.u16() !== flags || local.u16() !== method) refuse();
    local.take(4);
    if (local.u32() !== crc || local.u32() !== packedSize || local.u32() !== size) refuse();
    if (local.u16() !== nameLength || local.u16() !== 0) refuse();
    if (local.take(nameLength).toString("latin1") !== name) refuse();
    const packed = local.take(packedSize);
    const content = method === 0 ? packed : inflate(packed, size);
    if (content.length !== size || crc32(content) !== crc) refuse();
    files.set(name, content);
    position = local.at;
  }
  if (position !== directoryAt || directory.at !== directoryEnd) refuse();
  return files;
}

// ------------------------------------------------------------------------------------------------ canonical JSON

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const has = (object, name) => Object.hasOwn(object, name);
const get = (object, name) => (has(object, name) ? object[name] : undefined);
const LONE_SURROGATE = /\p{Surrogate}/u;

function writeText(text) {
  if (LONE_SURROGATE.test(text)) refuse();
  return JSON.stringify(text);
}

// RFC 8785, and stricter: objects, arrays, texts, booleans and integers that every language can count.
function write(value, depth) {
  if (typeof value === "string") return writeText(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) refuse();
    return String(value);
  }
  if (value === null || depth > DEPTH_MAX) refuse();
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  // The default order of texts in this language is that of their UTF-16 code units, as RFC 8785 wants it.
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${writeText(name)}:${write(value[name], depth + 1)}`).join(",")}}`;
}

const canonical = (value) => Buffer.from(write(value, 1));

function parseJson(data) {
  const text = decodeText(data);
  try {
    return JSON.parse(text);
  } catch {
    return refuse();
  }
}

function parseCanonical(data) {
  const value = parseJson(data);
  if (!canonical(value).equals(data)) refuse();
  return value;
}

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\.\d{6}Z$/;

// The whole seconds after 1970 of an instant of the ledger; undefined when it is none.
function secondsOf(text) {
  const found = INSTANT.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // unlike Date.UTC it takes the year 26 for the year 26
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() / 1000 + (hour * 60 + minute) * 60 + second;
}

// ------------------------------------------------------------------------------------------------ the form of entries

const text = (value) => typeof value === "string" && value !== "";
const string = (value) => typeof value === "string";
const bool = (value) => typeof value === "boolean";
const yes = (value) => value === true;
const anything = () => true;
const count = (value) => Number.isSafeInteger(value) && value >= 0;
const instant = (value) => string(value) && secondsOf(value) !== undefined;
const like = (pattern) => (value) => string(value) && pattern.test(value);
const oneOf = (...values) => (value) => values.includes(value);
const listOf = (form) => (value) => Array.isArray(value) && value.every((item) => form(item));
const mapOf = (form) => (value) => isObject(value) && Object.keys(value).every((name) => form(value[name]));
const tuple = (...forms) => (value) =>
  Array.isArray(value) && value.length === forms.length && forms.every((form, at) => form(value[at]));

// An object with these parts and perhaps those; an open one may have others too.
const object = (required, optional = {}, { open = false } = {}) => (value) =>
  isObject(value) &&
  Object.keys(required).every((name) => has(value, name)) &&
  Object.keys(value).every((name) => {
    const form = get(required, name) ?? get(optional, name);
    return form === undefined ? open : form(value[name]);
  });

const hash = like(/^[0-9a-f]{64}$/);
const id = like(/^[0-9a-f]{32}$/);
const pseudonym = like(/^P[1-9]\d{0,8}$/);
const day = like(/^\d{4}-\d\d-\d\d$/);
const part = oneOf("lead", "co_handler");
const party = object({ role: text, who: pseudonym }, { via: text });
const days = (value) => listOf(day)(value) && (value.length === 1 || value.length === 2);

const clock = object(
  {
    name: text,
    state: oneOf("running", "suspended", "met", "cancelled"),
    started_at: instant,
    term: text,
    promised_on: day,
    nominal_on: day,
    due_on: day,
    due_at: instant,
    calendar: string,
  },
  {
    provisional: yes,
    suspensions: listOf(days),
    extensions: listOf(count),
    cap_on: day,
    ended_at: instant,
    rungs: listOf(text),
    withdrawn: listOf(text),
    rung_at: instant,
    unwatched: yes,
  },
);

const ALWAYS = {
  v: oneOf(1),
  ledger: text,
  case: text,
  seq: count,
  prev: hash,
  id,
  type: text,
  at: instant,
  actor: like(/^(system|import|person|P[1-9]\d{0,8})$/),
};
const WHO = {
  acting_for: pseudonym,
  command: hash,
  stated: object({ occurred_at: instant, basis: text }),
  priv: mapOf(hash),
};
const CHANGES = {
  joined: listOf(party),
  left: listOf(party),
  clocks: listOf(clock),
  merged_from: listOf(text),
  linked: listOf(text),
  published: yes,
  notices: listOf(text),
  rungs: listOf(tuple(text, text)),
  withdrawn: listOf(tuple(text, text)),
  pub: mapOf(anything),
  unset: listOf(text),
};
const cause = object({ case: text, transition: text });
const MOVES = {
  ...WHO,
  ...CHANGES,
  role: text,
  unit: text,
  cause,
  children: listOf(object({ case: text, workflow: text, role: part, unit: text, batch: count })),
  merge: string,
  resume: text,
};
const opening = object(
  {
    root: text,
    workflow: text,
    version: count,
    definition: text,
    lists: mapOf(text),
    calendar: string,
    unit: text,
  },
  { congress_session: text, parent: text, child_role: part, batch: count },
);
const behalf = object({ kind: oneOf("paper", "telephone", "visit") }, { who: pseudonym, scan: hash });
const erased = object(
  {
    basis: oneOf("purpose", "retention", "consent", "unlawful", "law", "restored"),
    values: listOf(object({ entry: id, seq: count, key: string, paths: listOf(text) })),
  },
  { approver: pseudonym, approver_role: text },
);
const migration = object({ version: count, definition: text, lists: mapOf(text), reason: text });
const ENTRY_FORMS = new Map([
  ["opened", [{ opening, to: text }, { ...MOVES, behalf }]],
  ["fired", [{ transition: text, role: text }, { ...MOVES, to: text, guards: listOf(tuple(text, bool)), behalf }]],
  ["changed", [{}, { ...WHO, ...CHANGES, cause }]],
  ["noted", [{}, WHO]],
  ["erased", [{ erased }, { ...WHO, role: text, unit: text }]],
  ["migrated", [{ migration }, { ...WHO, to: text, resume: text, clocks: CHANGES.clocks }]],
]);
const CASE_FORMS = new Map(
  [...ENTRY_FORMS].map(([kind, [required, optional]]) => [kind, object({ ...ALWAYS, ...required }, optional)]),
);
const TAKEN = new Set([...ENTRY_FORMS.keys(), ...Object.keys(ALWAYS), "by"]);
for (const forms of ENTRY_FORMS.values()) {
  for (const form of forms) for (const name of Object.keys(form)) TAKEN.add(name);
}
const told = mapOf((value) => string(value) || count(value) || listOf(string)(value));

const isStream = (chain) => chain.startsWith("system:") || chain.startsWith("access:");

function entryFits(body) {
  if (!object(ALWAYS, {}, { open: true })(body)) return false;
  if (!isStream(body.case)) return CASE_FORMS.has(body.type) && CASE_FORMS.get(body.type)(body);
  if (!/^[a-z][a-z_]{0,40}$/.test(body.type) || TAKEN.has(body.type)) return false;
  return object({ ...ALWAYS, [body.type]: told }, { by: text })(body);
}

// ------------------------------------------------------------------------------------------------ the tree

const inner = (left, right) => sha256(Buffer.of(1), left, right);
const half = (value) => Math.floor(value / 2);

// RFC 9162, 2.1.3.2: walks up from the leaf. Numbers are beyond the reach of this language's bit operators.
function includes(index, size, leaf, path, root) {
  let place = index;
  let last = size - 1;
  let node = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      node = inner(sibling, node);
      while (place % 2 === 0 && place !== 0) {
        place = half(place);
        last = half(last);
      }
    } else {
      node = inner(node, sibling);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && node.equals(root);
}

// RFC 9162, 2.1.4.2, for an old tree smaller than the new one.
function extendsTree(oldSize, oldRoot, newSize, newRoot, proof) {
  if (oldSize === 0) return proof.length === 0 && oldRoot.equals(sha256());
  if (proof.length === 0) return false;
  let place = oldSize - 1;
  let last = newSize - 1;
  while (place % 2 === 1) {
    place = half(place);
    last = half(last);
  }
  // A complete old tree is a node of the new one, which the proof leaves out.
  const path = place === 0 ? [oldRoot, ...proof] : proof;
  let [first] = path;
  let second = first;
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      first = inner(sibling, first);
      second = inner(sibling, second);
      while (place % 2 === 0 && place !== 0) {
        place = half(place);
        last = half(last);
      }
    } else {
      second = inner(second, sibling);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && first.equals(oldRoot) && second.equals(newRoot);
}

// ------------------------------------------------------------------------------------------------ notes and keys

const BAD_NAME = /[\u0000-\u001f +\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const SIZE = /^(0|[1-9]\d{0,15})$/;
const ED25519_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

function fromBase64(encoded) {
  const raw = Buffer.from(encoded, "base64");
  if (raw.toString("base64") !== encoded) refuse();
  return raw;
}

function cut(whole, separator) {
  const at = whole.indexOf(separator);
  return at < 0 ? [whole, ""] : [whole.slice(0, at), whole.slice(at + separator.length)];
}

const isName = (name) => name !== "" && [...name].length <= 255 && !BAD_NAME.test(name);

function number(digits) {
  if (!SIZE.test(digits) || !Number.isSafeInteger(Number(digits))) refuse();
  return Number(digits);
}

function parseNote(data) {
  if (data.length > NOTE_BYTES_MAX) refuse();
  const whole = decodeText(data);
  const at = whole.lastIndexOf("\n\n");
  if (at < 0 || CONTROL.test(whole)) refuse();
  const lines = whole.slice(at + 2).split("\n");
  if (lines.pop() !== "" || lines.length < 1 || lines.length > SIGNATURES_MAX) refuse();
  const signatures = lines.map((line) => {
    const [dash, rest] = cut(line, " ");
    const [name, encoded] = cut(rest, " ");
    const raw = fromBase64(encoded);
    if (dash !== "—" || !isName(name) || raw.length <= 4) refuse();
    return { name, keyId: raw.subarray(0, 4).toString("hex"), raw: raw.subarray(4) };
  });
  return { text: whole.slice(0, at + 1), signatures };
}

function parseKey(role, printed) {
  const [name, rest] = cut(printed, "+");
  const [keyId, encoded] = cut(rest, "+");
  const typed = fromBase64(encoded);
  if (!isName(name) || typed.length !== 33) refuse();
  const ownId = sha256(name, "\n", typed).subarray(0, 4).toString("hex");
  if (ownId !== keyId || typed[0] !== (role === "witness" ? 4 : 1)) refuse();
  const spki = Buffer.concat([ED25519_PREFIX, typed.subarray(1)]);
  const object = createPublicKey({ key: spki, format: "der", type: "spki" });
  return { role, name, keyId, object, printed };
}

const fingerprint = (printed) => sha256(printed).toString("hex").match(/.{4}/g).join(" ");

// The time of a cosignature that holds, 0 for a plain signature that holds, undefined otherwise.
function holds(key, signedText, raw) {
  let message = Buffer.from(signedText);
  let signature = raw;
  let at = 0n;
  if (key.role === "witness") {
    if (raw.length !== 72) return undefined;
    at = raw.readBigUInt64BE();
    signature = raw.subarray(8);
    message = Buffer.concat([Buffer.from(`cosignature/v1\ntime ${at}\n`), message]);
  }
  if (signature.length !== 64 || at > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return verifySignature(null, message, key.object, signature) ? Number(at) : undefined;
}

function parseCheckpoint(signedText) {
  const [origin, digits, root, ...rest] = signedText.split("\n");
  if (rest.length !== 1 || rest[0] !== "" || origin === "") refuse();
  const size = number(digits);
  const digest = fromBase64(root);
  if (digest.length !== 32) refuse();
  return { origin, size, root: digest };
}

function parseProofHead(top) {
  if (top.some((byte) => byte > 0x7f)) refuse();
  const lines = top.toString("latin1").split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") refuse();
  if (lines.length > 0 && lines[0].startsWith("extra ")) fromBase64(lines.shift().slice(6));
  const line = lines.shift();
  if (line === undefined || !line.startsWith("index ") || lines.length > 64) refuse();
  const path = lines.map(fromBase64);
  if (path.some((one) => one.length !== 32)) refuse();
  return { index: number(line.slice(6)), path };
}

const RECEIPT =
  /^banjie-receipt-v1\nledger ([!-~]{1,200})\ncase ([!-~]{1,200})\nseq ([1-9]\d{0,15})\nhash ([0-9a-f]{64})\n$/;
const DEPOSIT = /^banjie-deposit-v1\nledger ([!-~]{1,200})\ncommand ([0-9a-f]{64})\n$/;

// A receipt in either of its forms: a note of several lines, or its words in one line.
function parseReceipt(pasted) {
  let whole = pasted.replaceAll("\r\n", "\n").replace(/^[ \n]+|[ \n]+$/g, "");
  const words = whole.split(" ");
  if (!whole.includes("\n") && (words.length === 7 || words.length === 5)) {
    const names = words.length === 7 ? ["ledger", "case", "seq", "hash"] : ["ledger", "command"];
    const [name, raw] = words.slice(-2);
    const lines = names.map((field, at) => `${field} ${words[at + 1]}`);
    whole = [words[0], ...lines, "", `— ${name} ${raw}`].join("\n");
  }
  if (LONE_SURROGATE.test(whole)) refuse();
  const data = Buffer.from(`${whole}\n`);
  if (data.length > RECEIPT_BYTES_MAX) refuse();
  const note = parseNote(data);
  const receipt = RECEIPT.exec(note.text);
  const deposit = DEPOSIT.exec(note.text);
  if ((receipt === null && deposit === null) || note.signatures.length !== 1) refuse();
  const [signature] = note.signatures;
  if (deposit !== null) return { note, signature, ledger: deposit[1], command: deposit[2] };
  return { note, signature, ledger: receipt[1], case: receipt[2], seq: number(receipt[3]), hash: receipt[4] };
}

// ------------------------------------------------------------------------------------------------ definitions

const guards = listOf(object({ id: text }, {}, { open: true }));
const DEFINITION = object(
  {
    name: text,
    version: count,
    initial: text,
    transitions: mapOf(
      object(
        { from: listOf(text), by: listOf(text) },
        {
          on_behalf: listOf(text),
          to: text,
          stay: bool,
          guards,
          effects: listOf(object({ do: text }, {}, { open: true })),
          alternatives: listOf(object({ to: text }, { guards }, { open: true })),
        },
        { open: true },
      ),
    ),
  },
  {
    roles: mapOf(object({}, { erases: bool }, { open: true })),
    states: mapOf(object({}, { phase: text }, { open: true })),
    fields: mapOf(object({}, { privacy: text, schema: object({}, { items: anything }, { open: true }) }, { open: true })),
    retention: object({ hold: text }, {}, { open: true }),
  },
  { open: true },
);

function shallow(value, levels) {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((item) => shallow(item, levels - 1));
}

// What is wrong with the definition that is pinned, as a code, or the definition.
function findDefinition(pinned, files) {
  const digits = pinned.startsWith("sha256:") ? pinned.slice(7) : undefined;
  const data = digits === undefined ? undefined : files.get(`workflow/${digits}.json`);
  if (data === undefined) return { problem: "no_definition" };
  if (sha256(data).toString("hex") !== digits) return { problem: "other_definition" };
  const rules = attempt(() => parseJson(data));
  if (rules === undefined || !shallow(rules, DEFINITION_DEPTH_MAX) || !DEFINITION(rules)) {
    return { problem: "bad_definition" };
  }
  return { rules };
}

// Which way the verdicts of a move lead, 0 without alternatives; undefined when they allow none.
function wayTaken(move, verdicts) {
  let next = 0;
  const MISSING = Symbol("missing");
  const ask = (questions) => {
    for (const { id: question } of questions) {
      if (next >= verdicts.length || verdicts[next][0] !== question) return MISSING;
      next += 1;
      if (!verdicts[next - 1][1]) return false;
    }
    return true;
  };
  if (ask(get(move, "guards") ?? []) !== true) return undefined;
  let taken = 0;
  const ways = get(move, "alternatives") ?? [];
  if (ways.length > 0) {
    taken = undefined;
    for (let way = 0; way < ways.length && taken === undefined; way += 1) {
      const answer = ask(get(ways[way], "guards") ?? []);
      if (answer === MISSING) return undefined;
      if (answer) taken = way;
    }
  }
  return next === verdicts.length ? taken : undefined;
}

function moveProblems(body, state, resume, rules) {
  const move = get(rules.transitions, body.transition);
  if (move === undefined) return ["no_transition"];
  const problems = [];
  if (!move.from.includes(state)) problems.push("wrong_state");
  const may = has(body, "behalf") ? (get(move, "on_behalf") ?? []) : move.by;
  if (!may.includes(body.role)) problems.push("wrong_role");
  const way = wayTaken(move, get(body, "guards") ?? []);
  if (way === undefined) return [...problems, "wrong_verdict"];
  const ways = get(move, "alternatives") ?? [];
  let target = get(move, "stay") ? undefined : get(move, "to");
  if (ways.length > 0) target = ways[way].to;
  if ((get(move, "effects") ?? []).some((effect) => effect.do === "unmerge")) target = resume;
  if (get(body, "to") !== target) problems.push("wrong_target");
  return problems;
}

// Made and approved by two people who may erase, or by the engine on a ground of its own.
function lawful(body, rules) {
  const { basis, approver, approver_role: approverRole } = body.erased;
  if (!body.actor.startsWith("P")) return basis === "restored" || basis === "retention";
  const may = (role) => {
    const part = role === undefined ? undefined : get(get(rules, "roles") ?? {}, role);
    return part !== undefined && get(part, "erases") === true;
  };
  const apart = approver !== undefined && approver !== body.actor && approver !== get(body, "acting_for");
  return may(get(body, "role")) && may(approverRole) && apart;
}

// A way down into objects by their own parts; undefined where one of them is not there.
const within = (whole, ...names) => names.reduce((one, name) => (isObject(one) ? get(one, name) : undefined), whole);

// Whether a path is one of those whose values may go before the case has ended.
function mayGoEarly(path, rules) {
  if (!path.startsWith("fields/")) return false;
  return ["personal", "confidential"].includes(within(rules, "fields", path.slice("fields/".length), "privacy"));
}

function erasureProblems(body, state, rules, held) {
  const { basis, values } = body.erased;
  const problems = lawful(body, rules) ? [] : ["unlawful_erasure"];
  if (basis === "restored") return problems; // gone before, lawfully, and gone again after a copy brought it back
  if (held) problems.push("erased_while_held");
  if (within(rules, "states", state, "phase") !== "final") {
    const early = values.every(({ paths }) => paths.every((path) => mayGoEarly(path, rules)));
    if (basis === "retention" || !early) problems.push("erased_too_early");
  }
  return problems;
}

// Whether somebody could let a case go on under another version: neither over nor ended so, its states known there.
function mayMigrate(body, state, resume, was, rules) {
  if (!body.actor.startsWith("P") || was.version === rules.version) return false;
  if (within(was, "states", state, "phase") === "final" || (has(body, "resume") && resume === undefined)) return false;
  const wanted = [get(body, "to") ?? state];
  if (resume !== undefined) wanted.push(get(body, "resume") ?? resume);
  const goesOn = (part) => part !== undefined && get(part, "phase") !== "final";
  return wanted.every((name) => goesOn(within(rules, "states", name)));
}

// Whether a case is held after an entry. What was committed to and is not opened here shows no hold.
function heldAfter(body, rules, opened, before) {
  const field = within(rules, "retention", "hold");
  if (field === undefined) return false;
  const path = `fields/${field}`;
  if (within(body, "priv", path) !== undefined) return opened.get(body.id + path) === true;
  if ((get(body, "unset") ?? []).includes(field)) return false;
  const said = within(body, "pub", field);
  if (said !== undefined) return said === true;
  return before && !(within(body, "erased", "values") ?? []).some(({ paths }) => paths.includes(path));
}

const ATTACHED = object({ id, sha256: hash }, {}, { open: true });

const fileFields = (rules) =>
  Object.keys(get(rules, "fields") ?? {}).filter(
    (name) => within(rules, "fields", name, "schema", "items", "format") === "file",
  );

// ------------------------------------------------------------------------------------------------ the verification

const MANIFEST = object({
  v: oneOf(1),
  kind: oneOf("banjie-bundle"),
  tool: text,
  made_at: instant,
  origin: text,
  ledger: text,
  size: (value) => count(value) && value > 0,
  root: hash,
  excerpts: listOf(text),
  files: mapOf(hash),
});
const KNOWN_FILES = [
  /^entries\/\d{6}\.jcs$/,
  /^proofs\/\d{6}\.tlog-proof$/,
  /^anchors\/\d{4}\.note$/,
  /^workflow\/[0-9a-f]{64}\.json$/,
  /^(keys\.txt|openings\.jcs|erased\.jcs|consistency\.jcs|manifest\.jcs)$/,
];
const LINK = object({ case: text, seq: count, prev: hash }, {}, { open: true });
const OPENINGS = listOf(tuple(id, text, hash, anything));
const ERASED = listOf(tuple(id, text, id));
const CONSISTENCY = mapOf(listOf(hash));

class Verification {
  constructor(pinned, witnesses = []) {
    this.pinned = pinned;
    this.witnesses = [...new Set(witnesses)];
    this.found = new Map();
    this.about = null;
    this.shownKeys = [];
    this.keys = [];
    this.notes = new Map();
    this.origin = undefined;
    this.definitions = new Map();
    this.fileFields = new Map(); // by case the names of the fields that hold files
    this.opened = new Map(); // by entry id (of fixed length) and path the values that open their commitments
  }

  find(code, where) {
    this.found.set(`${code}\n${where}`, [code, where]);
  }

  // Trusts keys that are not known yet, each in the roles that its type allows.
  trust(printedKeys, roles) {
    const known = new Set(this.keys.map((key) => key.printed));
    for (const printed of printedKeys) {
      for (const role of known.has(printed) ? [] : roles) {
        const key = attempt(() => parseKey(role, printed));
        if (key !== undefined) this.keys.push(key);
      }
    }
  }

  demandLogKey() {
    if (!this.keys.some((key) => key.role === "log")) this.find("no_log_key", "keys.txt");
  }

  readKeys(data) {
    const keys = attempt(() => {
      if (data === undefined) refuse();
      const rows = decodeText(data)
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.split(" "));
      if (rows.some((row) => row.length !== 2 || !["log", "receipt", "witness"].includes(row[0]))) refuse();
      return rows.map(([role, printed]) => parseKey(role, printed));
    });
    if (keys === undefined) this.find("bad_keys", "keys.txt");
    this.shownKeys = keys ?? [];
    for (const key of this.shownKeys) {
      if (this.pinned.length === 0 || this.pinned.includes(key.printed)) this.keys.push(key);
      else if (key.role !== "witness") this.find("unpinned_key", key.printed);
    }
    this.trust(this.pinned, ["witness"]);
    this.trust(this.witnesses, ["witness"]);
    this.demandLogKey();
  }

  // The checkpoint of a signed note; its findings are reported where it is met first.
  checkNote(data, where) {
    const known = data.toString("latin1");
    if (!this.notes.has(known)) this.notes.set(known, this.openNote(data, where));
    return this.notes.get(known);
  }

  openNote(data, where) {
    const parsed = attempt(() => {
      const note = parseNote(data);
      return { ...note, ...parseCheckpoint(note.text) };
    });
    if (parsed === undefined) {
      this.find("bad_note", where);
      return undefined;
    }
    let signed = false;
    const seenAt = [];
    const witnesses = new Set();
    for (const key of this.keys.filter((one) => one.role !== "receipt")) {
      for (const line of parsed.signatures) {
        if (line.name !== key.name || line.keyId !== key.keyId) continue;
        const at = holds(key, parsed.text, line.raw);
        if (at === undefined) {
          this.find("bad_signature", where);
          return undefined;
        }
        if (key.role === "witness") {
          seenAt.push(at);
          witnesses.add(key.printed);
        } else {
          signed = true;
        }
      }
    }
    if (!signed) {
      this.find("unsigned", where);
      return undefined;
    }
    this.origin ??= parsed.origin;
    if (parsed.origin !== this.origin) {
      this.find("other_origin", where);
      return undefined;
    }
    return { size: parsed.size, root: parsed.root, seenAt, witnesses };
  }

  checkBundle(data, receipts, anchors, given) {
    const files = attempt(() => unzip(data));
    if (files === undefined) return this.find("bad_zip", "");
    if (!files.has("manifest.jcs")) return this.find("no_manifest", "manifest.jcs");
    const manifest = attempt(() => parseCanonical(files.get("manifest.jcs")));
    if (manifest === undefined || !MANIFEST(manifest)) return this.find("bad_manifest", "manifest.jcs");
    this.files = files;
    this.ledger = manifest.ledger;
    this.origin = manifest.origin;
    this.size = manifest.size;
    this.root = Buffer.from(manifest.root, "hex");
    this.checkFiles(manifest.files);
    this.readKeys(files.get("keys.txt"));
    this.readEntries();
    const points = this.checkProofs();
    this.witnesses.forEach((key, at) => {
      if (!points.some(({ witnesses }) => witnesses.has(key))) this.find("unwitnessed", `witness#${at + 1}`);
    });
    const chains = this.checkChains(new Set(manifest.excerpts));
    this.checkValues();
    for (const [chain, entries] of chains) this.checkMoves(chain, entries);
    const attached = this.attachedFiles();
    if (given !== undefined) this.checkGiven(given, attached);
    points.push(...this.checkAnchors(anchors));
    this.checkTimes(points);
    receipts.forEach((pasted, at) => this.checkReceipt(pasted, `receipt#${at + 1}`));
    this.about = {
      origin: manifest.origin,
      ledger: manifest.ledger,
      size: manifest.size,
      root: manifest.root,
      made_at: manifest.made_at,
      tool: manifest.tool,
      entries: this.entries.length,
      cases: [...chains.keys()].filter((chain) => !isStream(chain)).length,
      files: attached.size,
    };
    return undefined;
  }

  // By hash and id every file that an entry names in the open or by an opening, and where it is named first.
  attachedFiles() {
    const found = new Map();
    for (const { file, body, whole } of this.entries) {
      if (!whole) continue;
      for (const name of this.fileFields.get(body.case) ?? []) {
        for (const list of [within(body, "pub", name), this.opened.get(`${body.id}fields/${name}`)]) {
          if (!Array.isArray(list)) continue;
          for (const item of list.filter(ATTACHED)) {
            const known = item.sha256 + item.id;
            if (!found.has(known)) found.set(known, { sha256: item.sha256, where: `${file}#${item.id}` });
          }
        }
      }
    }
    return found;
  }

  // Each content given is one that an entry names, and none of those is missing.
  checkGiven(given, attached) {
    const named = new Set([...attached.values()].map(({ sha256: digest }) => digest));
    const there = new Set(given.map(([, digest]) => digest));
    for (const [name, digest] of given) {
      if (digest === null) this.find("file_unread", `files/${name}`);
      else if (!named.has(digest)) this.find("file_stray", `files/${name}`);
    }
    for (const { sha256: digest, where } of attached.values()) {
      if (!there.has(digest)) this.find("file_missing", where);
    }
  }

  checkFiles(listed) {
    for (const [name, content] of this.files) {
      if (name === "manifest.jcs") continue;
      if (!KNOWN_FILES.some((pattern) => pattern.test(name))) this.find("unknown_file", name);
      if (!has(listed, name)) this.find("unlisted_file", name);
      else if (sha256(content).toString("hex") !== listed[name]) this.find("changed_file", name);
    }
    for (const name of Object.keys(listed)) {
      if (!this.files.has(name)) this.find("missing_file", name);
    }
  }

  readEntries() {
    const names = sortedNames(this.files, "entries/");
    if (names.length === 0) this.find("no_entries", "");
    const ids = new Set();
    this.entries = names.map((file) => {
      const data = this.files.get(file);
      const entry = { file, leaf: sha256(Buffer.of(0), data), body: undefined, whole: false, index: undefined };
      const body = attempt(() => parseCanonical(data));
      if (!isObject(body)) {
        this.find("not_canonical", file);
        return entry;
      }
      entry.body = body;
      entry.whole = entryFits(body);
      if (!entry.whole) {
        this.find("bad_shape", file);
        return entry;
      }
      if (body.ledger !== this.ledger) this.find("other_ledger", file);
      if (ids.has(body.id)) this.find("same_id", file);
      ids.add(body.id);
      return entry;
    });
  }

  checkProofs() {
    const strays = new Set(sortedNames(this.files, "proofs/"));
    const points = new Set();
    const taken = new Set();
    for (const entry of this.entries) {
      const where = `proofs/${entry.file.replace(/^entries\//, "").replace(/\.jcs$/, "")}.tlog-proof`;
      if (!strays.delete(where)) {
        this.find("no_proof", entry.file);
        continue;
      }
      const data = this.files.get(where);
      const blank = data.indexOf("\n\n");
      const proof = blank < 0 ? undefined : attempt(() => parseProofHead(data.subarray(0, blank)));
      if (proof === undefined) {
        this.find("bad_proof", where);
        continue;
      }
      const point = this.checkNote(data.subarray(blank + 2), where);
      if (point === undefined) continue;
      if (point.size !== this.size || !point.root.equals(this.root)) {
        this.find("other_checkpoint", where);
        continue;
      }
      points.add(point);
      if (proof.index >= point.size || !includes(proof.index, point.size, entry.leaf, proof.path, point.root)) {
        this.find("not_included", entry.file);
        continue;
      }
      if (taken.has(proof.index)) this.find("same_index", entry.file);
      taken.add(proof.index);
      entry.index = proof.index;
    }
    for (const where of strays) this.find("unknown_file", where);
    return [...points];
  }

  checkChains(excerpts) {
    const chains = new Map();
    for (const entry of this.entries) {
      const { body } = entry;
      if (body === undefined || !LINK(body)) continue;
      if (!chains.has(body.case)) chains.set(body.case, []);
      chains.get(body.case).push(entry);
    }
    if ([...excerpts].some((chain) => !isStream(chain))) this.find("excerpt_of_case", "manifest.jcs");
    for (const [chain, entries] of chains) {
      entries.sort((a, b) => a.body.seq - b.body.seq || compareBytes(a.file, b.file));
      const excerpt = isStream(chain) && excerpts.has(chain);
      let seqBefore = 0;
      let hashBefore = ZERO_HASH;
      for (const { file, body, leaf } of entries) {
        if (excerpt ? body.seq <= seqBefore : body.seq !== seqBefore + 1) this.find("gap", file);
        if (body.seq === 1 && body.prev !== ZERO_HASH) this.find("not_linked", file);
        if (body.seq > 1 && seqBefore > 0 && body.seq === seqBefore + 1 && body.prev !== hashBefore) {
          this.find("not_linked", file);
        }
        seqBefore = body.seq;
        hashBefore = leaf.toString("hex");
      }
    }
    return chains;
  }

  // Follows one chain through its definition, as far as its entries can be read.
  checkMoves(chain, entries) {
    let state = "";
    let resume;
    let rules;
    let held = false;
    let atBefore = "";
    for (const [place, { file, body, whole }] of entries.entries()) {
      if (!whole) return;
      if (body.at < atBefore) this.find("earlier", file);
      atBefore = body.at;
      if (isStream(chain)) continue;
      if ((place === 0) !== (body.type === "opened")) {
        this.find("opening", file);
        return;
      }
      const was = rules;
      const pinning = body.type === "opened" ? body.opening : get(body, "migration");
      if (pinning !== undefined) {
        const { definition: pinned, version } = pinning;
        const workflow = was === undefined ? pinning.workflow : was.name;
        if (!this.definitions.has(pinned)) this.definitions.set(pinned, findDefinition(pinned, this.files));
        const found = this.definitions.get(pinned);
        if (found.problem !== undefined) {
          this.find(found.problem, file);
          return;
        }
        rules = found.rules;
        this.fileFields.set(chain, [...new Set([...(this.fileFields.get(chain) ?? []), ...fileFields(rules)])]);
        if (workflow !== rules.name || version !== rules.version) this.find("other_workflow", file);
      }
      if (place === 0) {
        if (body.to !== rules.initial) this.find("wrong_initial", file);
      } else if (body.type === "fired") {
        for (const problem of moveProblems(body, state, resume, rules)) this.find(problem, file);
      } else if (body.type === "erased") {
        for (const problem of erasureProblems(body, state, rules, held)) this.find(problem, file);
      } else if (body.type === "migrated" && !mayMigrate(body, state, resume, was, rules)) {
        this.find("wrong_migration", file);
      }
      held = heldAfter(body, rules, this.opened, held);
      if (has(body, "to")) state = body.to;
      if (has(body, "merge")) resume = body.merge === "" ? undefined : get(body, "resume");
      else if (body.type === "migrated" && has(body, "resume")) resume = body.resume;
    }
  }

  readRows(name, form, code) {
    const data = this.files.get(name);
    const rows = data === undefined ? undefined : attempt(() => parseCanonical(data));
    if (rows !== undefined && form(rows)) return rows;
    this.find(code, name);
    return undefined;
  }

  checkValues() {
    const byId = new Map();
    for (const { body, whole } of this.entries) {
      if (whole && !byId.has(body.id)) byId.set(body.id, body);
    }
    const commitment = (entryId, path) => {
      const priv = byId.has(entryId) ? get(byId.get(entryId), "priv") : undefined;
      return priv === undefined ? undefined : get(priv, path);
    };
    const gone = this.erasures(byId);
    const openings = this.readRows("openings.jcs", OPENINGS, "bad_openings") ?? [];
    openings.forEach(([entryId, path, salt, value], at) => {
      const where = `openings.jcs#${at + 1}`;
      if (gone.has(entryId + path)) this.find("erased_and_open", where);
      const committed = commitment(entryId, path);
      if (committed === undefined) return this.find("stray_opening", where);
      const bytes = attempt(() => canonical([byId.get(entryId).case, entryId, path, value]));
      const digest = sha256("banjie-field-v1\0", Buffer.from(salt, "hex"), bytes ?? "").toString("hex");
      if (bytes === undefined || digest !== committed) return this.find("not_opened", where);
      this.opened.set(entryId + path, value);
      return undefined;
    });
    const rows = this.readRows("erased.jcs", ERASED, "bad_erased") ?? [];
    rows.forEach(([entryId, path, by], at) => {
      const where = `erased.jcs#${at + 1}`;
      if (commitment(entryId, path) === undefined) this.find("stray_erasure", where);
      if (!gone.get(entryId + path)?.has(by)) this.find("not_erased", where);
    });
  }

  // By entry id (of fixed length) and path what was erased, with the ids of the entries that say so.
  erasures(byId) {
    const gone = new Map();
    for (const { file, body, whole } of this.entries) {
      if (!whole || body.type !== "erased") continue;
      for (const { entry, seq, paths } of body.erased.values) {
        const target = byId.get(entry);
        const fits = target !== undefined && target.case === body.case && target.seq === seq && seq < body.seq;
        const held = fits ? (get(target, "priv") ?? {}) : {};
        if (!fits || !paths.every((path) => has(held, path))) this.find("wrong_erasure", file);
        for (const path of paths) {
          if (!gone.has(entry + path)) gone.set(entry + path, new Set());
          gone.get(entry + path).add(body.id);
        }
      }
    }
    return gone;
  }

  checkAnchors(given) {
    const proofs = this.readRows("consistency.jcs", CONSISTENCY, "bad_consistency") ?? {};
    const named = sortedNames(this.files, "anchors/").map((name) => [name, this.files.get(name)]);
    const points = [];
    for (const [name, data] of [...named, ...given]) {
      const point = this.checkNote(data, name);
      if (point === undefined) continue;
      points.push(point);
      const proof = get(proofs, String(point.size));
      if (point.size > this.size) {
        this.find("shrunk", name);
      } else if (point.size === this.size) {
        if (!point.root.equals(this.root)) this.find("forked", name);
      } else if (point.size > 0 && proof === undefined) {
        this.find("no_consistency", name);
      } else {
        const path = (proof ?? []).map((one) => Buffer.from(one, "hex"));
        if (!extendsTree(point.size, point.root, this.size, this.root, path)) this.find("forked", name);
      }
    }
    return points;
  }

  checkTimes(points) {
    for (const { size, seenAt } of points) {
      if (seenAt.length === 0) continue;
      const first = Math.min(...seenAt);
      const last = Math.max(...seenAt);
      for (const { file, body, whole, index } of this.entries) {
        if (!whole || index === undefined) continue;
        const at = secondsOf(body.at);
        const rounded = at % ROUNDED_SECONDS === 0 && body.at.endsWith(".000000Z");
        const earlier = TOLERANCE_SECONDS + (rounded ? ROUNDED_SECONDS : 0);
        const wrong = index < size ? at > first + TOLERANCE_SECONDS : at < last - earlier;
        if (wrong) this.find("outside_bracket", file);
      }
    }
  }

  checkReceipt(pasted, where) {
    const receipt = attempt(() => parseReceipt(pasted));
    if (receipt === undefined) return this.find("bad_receipt", where);
    const { name, keyId, raw } = receipt.signature;
    const signed = this.keys.some(
      (key) =>
        key.role === "receipt" &&
        key.name === name &&
        key.keyId === keyId &&
        holds(key, receipt.note.text, raw) !== undefined,
    );
    if (!signed) return this.find("receipt_unsigned", where);
    if (receipt.ledger !== this.ledger) return this.find("receipt_other_ledger", where);
    const held = this.entries.filter(
      ({ body, whole }) =>
        whole &&
        (receipt.command === undefined
          ? body.case === receipt.case && body.seq === receipt.seq
          : get(body, "command") === receipt.command),
    );
    if (held.length === 0) return this.find("receipt_missing", where);
    if (receipt.hash !== undefined && !held.some(({ leaf }) => leaf.toString("hex") === receipt.hash)) {
      this.find("receipt_differs", where);
    }
    return undefined;
  }

  // Two checkpoints without a bundle: of one size they have one root; otherwise a bundle must show more.
  compare(notes) {
    const points = notes.map(([name, data]) => this.checkNote(data, name));
    if (points.includes(undefined)) return;
    const [, [name]] = notes;
    points.forEach(({ witnesses }, at) => {
      if (!this.witnesses.every((key) => witnesses.has(key))) this.find("unwitnessed", notes[at][0]);
    });
    if (points[0].size !== points[1].size) this.find("no_consistency", name);
    else if (!points[0].root.equals(points[1].root)) this.find("forked", name);
  }

  report() {
    const rows = [...this.found.values()].map(([code, where]) => [FINDINGS[code][0], where, code]);
    rows.sort((a, b) => compareBytes(a[0], b[0]) || compareBytes(a[1], b[1]) || compareBytes(a[2], b[2]));
    return {
      v: 1,
      ok: rows.length === 0,
      bundle: this.about,
      keys: this.shownKeys.map((key) => ({
        role: key.role,
        key: key.printed,
        fingerprint: fingerprint(key.printed),
      })),
      findings: rows.slice(0, FINDINGS_MAX).map(([rule, where, code]) => {
        const [, zh, en] = FINDINGS[code];
        return { rule, where, code, zh, en };
      }),
      truncated: rows.length > FINDINGS_MAX,
    };
  }
}

// ------------------------------------------------------------------------------------------------ the command

const USAGE = `node verify.mjs BUNDLE [--key KEY]… [--witness KEY]… [--receipt FILE|TEXT]… [--anchor NOTE]… [--files FOLDER]
                    [--consistency A B] [--json]
node verify.mjs --consistency A B --key KEY [--witness KEY]… [--json]
`;
const WHAT_IT_CANNOT_SHOW = `请核对：上列密钥指纹应与职代会报告、厂务公开栏所印一致；否则以上结论只说明证据包自身前后一致。
Compare the fingerprints above with those printed in the congress report: without that, all this shows is that the
bundle agrees with itself.
证据包不能说明：事项最新的账目是否被整段略去（请用回执 --receipt 核对），所记是否属实，流转条件的判断当时是否正确。
A bundle cannot show that the newest entries of a case were not left out (hold receipts against it), that what was
recorded was true, or that guards were answered rightly at the time.
`;

const shown = (value) => String(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");

function printed(report) {
  const lines = [];
  const { bundle } = report;
  if (bundle !== null) {
    lines.push(`账册 / log        ${shown(bundle.origin)} (${shown(bundle.ledger)})`);
    lines.push(`检查点 / size     ${bundle.size}   ${bundle.root}`);
    lines.push(`事项 / cases      ${bundle.cases}   账目 / entries ${bundle.entries}   附件 / files ${bundle.files}`);
    lines.push(`制作 / made       ${bundle.made_at}   ${shown(bundle.tool)}`);
  }
  for (const key of report.keys) {
    lines.push(`密钥 / key        ${key.role} ${shown(key.key)}`, `                  ${key.fingerprint}`);
  }
  lines.push("");
  for (const one of report.findings) lines.push(`${one.rule}  ${shown(one.where)}`, `    ${one.zh}`, `    ${one.en}`);
  if (report.truncated) lines.push(`……只列出前 ${FINDINGS_MAX} 项 / only the first ${FINDINGS_MAX} are listed`);
  lines.push(report.ok ? "未发现问题 / nothing wrong was found" : "发现问题 / there are findings", "", WHAT_IT_CANNOT_SHOW);
  return lines.join("\n");
}

// A file, or as much of it as shows that it is too large.
function read(path, bytesMax = ZIP_BYTES_MAX) {
  const file = openSync(path, "r");
  try {
    const pieces = [];
    let total = 0;
    for (let length = 1; length > 0 && total <= bytesMax; total += length) {
      const piece = Buffer.alloc(Math.min(1 << 20, bytesMax + 1 - total));
      length = piece.length === 0 ? 0 : readSync(file, piece);
      pieces.push(piece.subarray(0, length));
    }
    return Buffer.concat(pieces);
  } finally {
    closeSync(file);
  }
}

// Name and SHA-256 of what stands in a folder; null for what is no plain file or cannot be read.
function hashesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, encoding: "buffer" }).map((one) => {
    // A device or a pipe might never end, and a link leads elsewhere.
    const digest = one.isFile() ? hashOf(Buffer.concat([Buffer.from(`${folder}/`), one.name])) : null;
    return [one.name.toString("utf8"), digest];
  });
}

function hashOf(path) {
  let file;
  try {
    file = openSync(path, "r");
    const hashed = createHash("sha256");
    const piece = Buffer.alloc(1 << 20);
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
      hashed.update(piece.subarray(0, length));
    }
    return hashed.digest("hex");
  } catch {
    return null;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readReceipt(given) {
  try {
    return read(given, RECEIPT_BYTES_MAX).toString("utf8");
  } catch {
    return given;
  }
}

function parseArguments(words) {
  const options = { bundle: undefined, keys: [], witnesses: [], receipts: [], anchors: [], pair: [], json: false };
  const rest = [...words];
  const next = () => (rest.length > 0 ? rest.shift() : refuse());
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === "--json") options.json = true;
    else if (word === "--key") options.keys.push(next());
    else if (word === "--witness") options.witnesses.push(next());
    else if (word === "--files") options.files = next();
    else if (word === "--receipt") options.receipts.push(next());
    else if (word === "--anchor") options.anchors.push(next());
    else if (word === "--consistency") options.pair = [next(), next()];
    else if (word.startsWith("--") || options.bundle !== undefined) refuse();
    else options.bundle = word;
  }
  if (options.bundle === undefined && (options.pair.length === 0 || options.files !== undefined)) refuse();
  for (const key of options.keys) {
    if (!["log", "witness"].some((role) => attempt(() => parseKey(role, key)) !== undefined)) refuse();
  }
  for (const key of options.witnesses) parseKey("witness", key);
  return options;
}

// The report on a bundle, held against what the auditor has: receipts (texts), checkpoints (names and bytes), witnesses
// (keys) and files (names and hashes).
export function checkBundle(data, { keys = [], receipts = [], anchors = [], witnesses = [], files } = {}) {
  const verification = new Verification(keys, witnesses);
  verification.checkBundle(data, receipts, anchors, files);
  return verification.report();
}

// The report on two checkpoints (names and bytes) without a bundle.
export function compareNotes(pair, keys, witnesses = []) {
  const verification = new Verification(keys, witnesses);
  verification.trust(keys, ["log", "witness"]);
  verification.trust(witnesses, ["witness"]);
  verification.demandLogKey();
  verification.compare(pair);
  return verification.report();
}

// Verifies what the command line names; returns 0 when nothing is wrong, 1 with findings, 2 when nothing was read.
function main(words) {
  const options = attempt(() => parseArguments(words));
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  let data;
  let anchors;
  let pair;
  let files;
  try {
    anchors = options.anchors.map((path, at) => [`anchor#${at + 1}`, read(path)]);
    pair = options.pair.map((path, at) => [`consistency#${at + 1}`, read(path)]);
    files = options.files === undefined ? undefined : hashesIn(options.files);
    data = options.bundle === undefined ? undefined : read(options.bundle);
  } catch (error) {
    process.stderr.write(`无法读取 / cannot be read: ${shown(error.message)}\n`);
    return 2;
  }
  const receipts = options.receipts.map(readReceipt);
  const report =
    data === undefined
      ? compareNotes(pair, options.keys, options.witnesses)
      : checkBundle(data, {
          keys: options.keys,
          receipts,
          anchors: [...anchors, ...pair],
          witnesses: options.witnesses,
          files,
        });
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 1)}\n` : printed(report));
  return report.ok ? 0 : 1;
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  process.exitCode = main(process.argv.slice(2)); // not exit(): what is printed into a pipe must still go out
}
