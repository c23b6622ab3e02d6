// What happens around a network, by the rules that the command line follows too (FACTS.models[...].rules).

let runtime = null;
const sessions = new Map();

async function loadRuntime() {
  const source = new Blob([await unpackBlock("runtime-module")], { type: "text/javascript" });
  const address = URL.createObjectURL(source);
  const ort = await import(address);
  URL.revokeObjectURL(address);
  // one thread and no worker: both would ask for further files
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = await unpackBlock("runtime-wasm");
  return ort;
}

async function loadSession(index) {
  runtime ??= loadRuntime();
  const ort = await runtime;
  if (!sessions.has(index)) {
    const content = await unpackBlock(`model-${index}`);
    sessions.set(index, ort.InferenceSession.create(content, { executionProviders: ["wasm"] }));
  }
  return { ort, session: await sessions.get(index) };
}

// Enhance a picture; report(done, total) is called after each tile.
async function enhancePicture(index, picture, report) {
  const model = FACTS.models[index];
  requireUsable(picture, model);
  const { ort, session } = await loadSession(index);
  const white = whiteOf(picture, model.rules);
  const given = networkInput(picture, white, model);
  const enhance = (values, width, height) => runNetwork(ort, session, values, [1, model.channels, height, width]);
  const better = await inTiles(enhance, given, picture, model, report);
  return { enhanced: { ...picture, samples: enhancedSamples(picture, white, given, better, model) }, white };
}

function requireUsable({ width, height, channels }, model) {
  if (Math.min(width, height) < model.smallest_side) {
    throw new PageError(
      `The picture has ${width} x ${height} pixels. This method needs ${model.smallest_side} pixels a side or more.`,
    );
  }
  if (model.channels === 3 && channels < 3) {
    throw new PageError("The picture is grey, and this method was trained on pictures in colour. Give one in colour.");
  }
}

const colourChannels = (picture) => (picture.channels > 2 ? 3 : 1);
const largestValue = (picture) => 2 ** picture.depth - 1;
const share = (value, white) => Math.min(1, Math.fround(value / white));

function largestColour({ channels, samples }, colours) {
  let largest = 0;
  for (let at = 0; at < samples.length; at += 1) {
    if (at % channels < colours && samples[at] > largest) largest = samples[at];
  }
  return largest;
}

// Return the value that is white: by the file, else that of the camera with the fewest bits that reaches the largest.
function whiteOf(picture, rules) {
  const all = largestValue(picture);
  if (picture.depth === 8) return all;
  const { significant } = picture;
  const bits = significant >= 8 && significant <= 16 ? [significant] : rules.camera_bits;
  const largest = largestColour(picture, colourChannels(picture));
  return bits.map((count) => 2 ** count - 1).find((white) => largest <= white) ?? all;
}

// Return what the network gets, 0 to 1, plane after plane: red, green and blue, or the luminance.
function networkInput(picture, white, { channels: planes, rules }) {
  const { channels, samples, width, height } = picture;
  const count = width * height;
  const values = new Float32Array(planes * count);
  const weights = colourChannels(picture) === 3 ? rules.luminance : [1];
  for (let pixel = 0; pixel < count; pixel += 1) {
    let sum = 0;
    for (let channel = 0; channel < weights.length; channel += 1) {
      const value = share(samples[pixel * channels + channel], white);
      sum += weights[channel] * value;
      if (planes === 3) values[channel * count + pixel] = value;
    }
    if (planes === 1) values[pixel] = sum;
  }
  return values;
}

// Return the samples of the result: a network for grey changes the luminance of each colour; alpha stays.
function enhancedSamples(picture, white, given, better, { channels: planes }) {
  const { channels, samples, width, height } = picture;
  const count = width * height;
  const colours = colourChannels(picture);
  const result = samples.slice();
  for (let pixel = 0; pixel < count; pixel += 1) {
    for (let channel = 0; channel < colours; channel += 1) {
      const at = pixel * channels + channel;
      const changed = share(samples[at], white) + better[pixel] - given[pixel];
      const value = planes === 3 ? better[channel * count + pixel] : changed;
      result[at] = roundHalfEven(Math.min(Math.max(value, 0), 1) * white);
    }
  }
  return result;
}

function roundHalfEven(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
}

async function runNetwork(ort, session, values, shape) {
  const image = new ort.Tensor("float32", values, shape);
  const { enhanced } = await session.run({ image });
  const result = enhanced.data;
  if (!result.every(Number.isFinite)) throw new PageError("The method returned values that are not numbers.");
  return result;
}

// Return where tiles begin along a side: evenly spread, the last ends with the picture.
function tileStarts(length, rules) {
  const { tile, overlap_parts: parts } = rules;
  if (length <= tile) return [0];
  const count = Math.ceil((length - tile) / (tile - Math.floor(tile / parts))) + 1;
  return Array.from({ length: count }, (_, index) => roundHalfEven((index * (length - tile)) / (count - 1)));
}

// Return the weights along a side of a tile: they rise over the overlap at its start and fall at its end.
function tileFade(length, rules) {
  const ramp = Math.max(1, Math.floor(rules.tile / rules.overlap_parts));
  return Float64Array.from({ length }, (_, at) => Math.min(1, (Math.min(at, length - 1 - at) + 1) / (ramp + 1)));
}

async function inTiles(enhance, given, { width, height }, { rules, channels: planes }, report) {
  if (rules.tile === 0 || Math.max(width, height) <= rules.tile) return enhance(given, width, height);
  const count = width * height;
  const [total, weight] = [new Float64Array(planes * count), new Float64Array(count)];
  const [rows, columns] = [tileStarts(height, rules), tileStarts(width, rules)];
  const places = rows.flatMap((top) => columns.map((left) => ({ top, left })));
  for (const [index, { top, left }] of places.entries()) {
    const tile = { top, left, wide: Math.min(rules.tile, width - left), tall: Math.min(rules.tile, height - top) };
    const better = await enhance(cutTile(given, tile, width, count, planes), tile.wide, tile.tall);
    blend(total, weight, better, tile, width, planes, rules);
    await report(index + 1, places.length);
  }
  return Float32Array.from(total, (value, at) => value / weight[at % count]);
}

function cutTile(given, { top, left, wide, tall }, width, count, planes) {
  const part = new Float32Array(planes * wide * tall);
  for (let row = 0; row < planes * tall; row += 1) {
    const plane = Math.floor(row / tall);
    const start = plane * count + (top + (row % tall)) * width + left;
    part.set(given.subarray(start, start + wide), row * wide);
  }
  return part;
}

function blend(total, weight, better, { top, left, wide, tall }, width, planes, rules) {
  const [across, down] = [tileFade(wide, rules), tileFade(tall, rules)];
  for (let row = 0; row < tall; row += 1) {
    for (let column = 0; column < wide; column += 1) {
      const at = (top + row) * width + left + column;
      const fade = down[row] * across[column];
      weight[at] += fade;
      for (let plane = 0; plane < planes; plane += 1) {
        total[plane * weight.length + at] += fade * better[(plane * tall + row) * wide + column];
      }
    }
  }
}
