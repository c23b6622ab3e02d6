// Pictures from files: PNG is decoded by this page with all its bits, everything else by the browser to 8 bits.

async function readPicture(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const picture = isPng(bytes) ? await decodePng(bytes) : null;
  return picture ?? decodeByBrowser(file);
}

async function decodeByBrowser(file) {
  const bitmap = await createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" })
    .catch(() => { throw new PageError(unreadable(file)); });
  const { width, height } = bitmap;
  requireSmallEnough(width, height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const pencil = canvas.getContext("2d", { willReadFrequently: true });
  pencil.drawImage(bitmap, 0, 0);
  bitmap.close();
  return reducedChannels(width, height, pencil.getImageData(0, 0, width, height).data);
}

function unreadable(file) {
  if (/\.tiff?$/i.test(file.name)) return "This browser cannot open TIFF files. Save the picture as PNG, 8 or 16 bit.";
  return "This file is not a picture that the browser can open, or it is damaged. Give a PNG or JPEG file.";
}

// Keep of RGBA what the picture has: one channel where it is grey, alpha only where something is transparent.
function reducedChannels(width, height, rgba) {
  let [grey, opaque] = [true, true];
  for (let at = 0; at < rgba.length; at += 4) {
    grey &&= rgba[at] === rgba[at + 1] && rgba[at] === rgba[at + 2];
    opaque &&= rgba[at + 3] === 255;
  }
  const kept = [...(grey ? [0] : [0, 1, 2]), ...(opaque ? [] : [3])];
  const samples = new Uint8Array(width * height * kept.length);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    kept.forEach((channel, index) => { samples[pixel * kept.length + index] = rgba[4 * pixel + channel]; });
  }
  return { width, height, channels: kept.length, depth: 8, significant: 0, samples, metadata: [] };
}

// Return the picture as a browser shows it right, which takes the largest value for white: with 8 bits up to `white`.
function asShown(picture, white) {
  const [colours, alphaTop] = [colourChannels(picture), largestValue(picture)];
  const samples = Uint8Array.from(picture.samples, (value, at) => {
    const top = at % picture.channels < colours ? white : alphaTop;
    return Math.min(255, Math.round((255 * value) / top));
  });
  return { ...picture, depth: 8, samples };
}
