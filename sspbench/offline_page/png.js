// PNG of 8 and 16 bits, read and written here: a browser's canvas would cut 16 bits to 8 and alter colours below alpha.
// A picture is {width, height, channels, depth, significant, samples, metadata}: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA;
// depth 8 or 16; significant: the bits that the file says are used, 0 where it does not.

const PNG_SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const PNG_CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PNG_COLOUR = { 1: 0, 2: 4, 3: 2, 4: 6 };
const PALETTE = 3;

// Chunks that describe the old pixels; the others are kept, as the command line does.
const PIXEL_CHUNKS = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "bKGD", "hIST", "sBIT", "acTL", "fcTL", "fdAT"];
const DAMAGED_PNG = "The file is damaged: it is not a complete PNG.";

const isPng = (bytes) => PNG_SIGNATURE.every((value, index) => bytes[index] === value);

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC_TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function pngChunks(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = [];
  let at = PNG_SIGNATURE.length;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) throw new PageError(DAMAGED_PNG);
    const checked = bytes.subarray(at + 4, end - 4);
    if (crc32(checked) !== view.getUint32(end - 4)) throw new PageError(DAMAGED_PNG);
    const type = String.fromCharCode(...checked.subarray(0, 4));
    chunks.push({ type, content: checked.subarray(4), whole: bytes.subarray(at, end) });
    at = end;
  }
  return chunks;
}

function pngHead(chunk) {
  if (chunk?.type !== "IHDR" || chunk.content.length !== 13) throw new PageError(DAMAGED_PNG);
  const view = new DataView(chunk.content.buffer, chunk.content.byteOffset, 13);
  const [bits, colour, , , interlaced] = chunk.content.subarray(8);
  const head = { width: view.getUint32(0), height: view.getUint32(4), bits, colour, interlaced };
  if (!head.width || !head.height || !(colour in PNG_CHANNELS) || ![1, 2, 4, 8, 16].includes(bits)) {
    throw new PageError(DAMAGED_PNG);
  }
  return head;
}

// Return the picture of a PNG, or null for an interlaced one.
async function decodePng(bytes) {
  const chunks = pngChunks(bytes);
  const head = pngHead(chunks[0]);
  requireSmallEnough(head.width, head.height);
  const named = (type) => chunks.filter((chunk) => chunk.type === type).map((chunk) => chunk.content);
  if (head.interlaced) return null;
  const packed = await new Blob(named("IDAT")).arrayBuffer();
  const rows = await inflate(new Uint8Array(packed)).catch(() => { throw new PageError(DAMAGED_PNG); });
  const samples = unpackSamples(unfilter(rows, head), head);
  const metadata = chunks.filter((chunk) => !PIXEL_CHUNKS.includes(chunk.type)).map((chunk) => chunk.whole);
  const picture = {
    width: head.width, height: head.height, channels: PNG_CHANNELS[head.colour], depth: head.bits === 16 ? 16 : 8,
    significant: Math.max(0, ...(named("sBIT")[0] ?? [])), samples, metadata,
  };
  const [transparent] = named("tRNS");
  if (head.colour === PALETTE) return fromPalette(picture, named("PLTE")[0], transparent);
  return transparent ? withKeyAsAlpha(picture, transparent, head.bits) : picture;
}

// Undo the filters of all rows (PNG specification, section 9).
function unfilter(rows, head) {
  const bitsPerPixel = head.bits * PNG_CHANNELS[head.colour];
  const stride = Math.ceil((head.width * bitsPerPixel) / 8);
  const step = Math.max(1, bitsPerPixel >> 3);
  if (rows.length < (stride + 1) * head.height) throw new PageError(DAMAGED_PNG);
  const result = new Uint8Array(stride * head.height);
  let above = new Uint8Array(stride);
  for (let row = 0; row < head.height; row += 1) {
    const given = rows.subarray(row * (stride + 1) + 1, (row + 1) * (stride + 1));
    const target = result.subarray(row * stride, (row + 1) * stride);
    unfilterRow(rows[row * (stride + 1)], given, target, above, step);
    above = target;
  }
  return result;
}

function unfilterRow(filter, given, target, above, step) {
  if (filter > 4) throw new PageError(DAMAGED_PNG);
  for (let at = 0; at < given.length; at += 1) {
    const left = at >= step ? target[at - step] : 0;
    const corner = at >= step ? above[at - step] : 0;
    target[at] = given[at] + predicted(filter, left, above[at], corner);
  }
}

function predicted(filter, left, up, corner) {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter === 4) return paeth(left, up, corner);
  return 0;
}

function paeth(left, up, corner) {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function unpackSamples(bytes, head) {
  const count = head.width * head.height * PNG_CHANNELS[head.colour];
  if (head.bits === 8) return bytes;
  if (head.bits === 16) return Uint16Array.from({ length: count }, (_, at) => (bytes[2 * at] << 8) | bytes[2 * at + 1]);
  const scale = head.colour === PALETTE ? 1 : 255 / (2 ** head.bits - 1);
  const stride = Math.ceil((head.width * head.bits) / 8);
  const mask = 2 ** head.bits - 1;
  return Uint8Array.from({ length: count }, (_, at) => {
    const bit = (at % head.width) * head.bits;
    const byte = bytes[Math.floor(at / head.width) * stride + (bit >> 3)];
    return ((byte >> (8 - head.bits - (bit & 7))) & mask) * scale;
  });
}

function fromPalette(picture, colours, alphas) {
  if (!colours) throw new PageError(DAMAGED_PNG);
  const channels = alphas ? 4 : 3;
  const samples = new Uint8Array(picture.samples.length * channels);
  picture.samples.forEach((entry, at) => {
    samples.set(colours.subarray(3 * entry, 3 * entry + 3), at * channels);
    if (alphas) samples[at * channels + 3] = alphas[entry] ?? 255;
  });
  return { ...picture, channels, samples };
}

// Add alpha to a picture of which one colour is transparent; tRNS holds each of its channels in two bytes.
function withKeyAsAlpha(picture, transparent, bits) {
  const { channels, samples } = picture;
  const scale = bits < 8 ? 255 / (2 ** bits - 1) : 1;
  const key = Array.from({ length: channels }, (_, at) => (transparent[2 * at] * 256 + transparent[2 * at + 1]) * scale);
  const result = new samples.constructor((samples.length / channels) * (channels + 1));
  for (let from = 0, to = 0; from < samples.length; from += channels, to += channels + 1) {
    const colour = samples.subarray(from, from + channels);
    result.set(colour, to);
    result[to + channels] = colour.every((value, at) => value === key[at]) ? 0 : largestValue(picture);
  }
  return { ...picture, channels: channels + 1, samples: result };
}

// Return a picture as a PNG file (a Blob), each row without a filter.
async function encodePng(picture) {
  const { width, height, channels, depth, samples } = picture;
  const stride = (width * channels * depth) / 8;
  const rows = new Uint8Array((stride + 1) * height);
  for (let row = 0; row < height; row += 1) {
    const own = samples.subarray(row * width * channels, (row + 1) * width * channels);
    rows.set(depth === 16 ? bigEndian(own) : own, row * (stride + 1) + 1);
  }
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([depth, PNG_COLOUR[channels]], 8);
  const parts = [
    Uint8Array.from(PNG_SIGNATURE), pngChunk("IHDR", head), ...picture.metadata,
    pngChunk("IDAT", await deflate(rows)), pngChunk("IEND", new Uint8Array(0)),
  ];
  return new Blob(parts, { type: "image/png" });
}

function bigEndian(values) {
  const bytes = new Uint8Array(values.length * 2);
  values.forEach((value, at) => bytes.set([value >> 8, value & 255], 2 * at));
  return bytes;
}

function pngChunk(type, content) {
  const chunk = new Uint8Array(content.length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.length);
  chunk.set([...type].map((letter) => letter.charCodeAt(0)), 4);
  chunk.set(content, 8);
  view.setUint32(content.length + 8, crc32(chunk.subarray(4, content.length + 8)));
  return chunk;
}
