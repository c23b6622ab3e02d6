"use strict";
document.documentElement.classList.add("js");

const FACTS = JSON.parse(document.getElementById("facts").textContent);

// An error whose message is a sentence for the reader.
class PageError extends Error {}

async function throughStream(bytes, transform) {
  const stream = new Blob([bytes]).stream().pipeThrough(transform);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Return the bytes of a block of the page: gzip written as base64.
function unpackBlock(id) {
  const text = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return throughStream(bytes, new DecompressionStream("gzip"));
}

const inflate = (bytes) => throughStream(bytes, new DecompressionStream("deflate"));
const deflate = (bytes) => throughStream(bytes, new CompressionStream("deflate"));

function requireSmallEnough(width, height) {
  if (Math.max(width, height) <= FACTS.maxSide) return;
  throw new PageError(
    `The picture has ${width} x ${height} pixels. This page takes pictures of up to ${FACTS.maxSide} pixels a side: ` +
    "cut out the part you want to see, or use the command line: python -m sspbench enhance.",
  );
}
