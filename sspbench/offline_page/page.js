// The page itself: a picture comes in, a method is chosen, the result is shown and saved.

const part = (id) => document.getElementById(id);
const shown = { file: null, picture: null, addresses: [] };
let latest = 0;

// The reader sees a text only once the browser has painted it: the network keeps the page busy.
const painted = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });

function say(text) {
  part("status").textContent = text;
  part("problem").hidden = true;
  return painted();
}

function tellProblem(text) {
  part("status").textContent = "";
  part("problem").textContent = text;
  part("problem").hidden = false;
}

function missingFeature() {
  if (typeof WebAssembly === "undefined") return "WebAssembly, which computes the network";
  if (typeof DecompressionStream === "undefined") return "DecompressionStream, which unpacks the network";
  if (typeof createImageBitmap === "undefined") return "createImageBitmap, which opens pictures";
  return "";
}

// Run an action of the reader; when a newer one has begun, its outcome is dropped.
async function attempt(action) {
  latest += 1;
  const own = latest;
  const isCurrent = () => own === latest;
  part("work").setAttribute("aria-busy", "true");
  try {
    await action(isCurrent);
  } catch (error) {
    if (!isCurrent()) return;
    part("result").hidden = true;
    tellProblem(error instanceof PageError ? error.message : `The picture could not be enhanced: ${error.message ?? error}`);
  } finally {
    if (isCurrent()) part("work").removeAttribute("aria-busy");
  }
}

const takeFile = (file) => attempt(async (isCurrent) => {
  await say(`Opening ${file.name} …`);
  const picture = await readPicture(file);
  if (!isCurrent()) return;
  Object.assign(shown, { file, picture });
  await enhanceShown(isCurrent);
});

async function enhanceShown(isCurrent) {
  const index = Number(part("method").value);
  const { file, picture } = shown;
  await say(sessions.has(index) ? "Enhancing …" : "Loading the network, then enhancing …");
  const start = performance.now();
  const report = (done, total) => (isCurrent() ? say(`Enhancing … ${done} of ${total} tiles`) : painted());
  const { enhanced, white } = await enhancePicture(index, picture, report);
  const seconds = (performance.now() - start) / 1000;
  const isShownAsStored = white === largestValue(picture);
  const saved = await encodePng(enhanced);
  const visible = isShownAsStored ? [file, saved] : await Promise.all([picture, enhanced].map((one) => encodePng(asShown(one, white))));
  if (!isCurrent()) return;
  await showResult(file, [...visible, saved], index);
  const colour = colourChannels(picture) === 3 ? "colour" : "grey";
  const kind = `${picture.width} x ${picture.height} pixels, ${colour}, ${picture.depth} bit`;
  const scale = isShownAsStored ? "" : ` Its values end below ${white + 1}, so ${white} is taken for white.`;
  await say(`Done in ${seconds.toFixed(1)} s: ${kind}.${scale} The saved PNG has the same size and depth.`);
}

// Show before and after, and offer the result: three files.
async function showResult(file, files, index) {
  shown.addresses.forEach((address) => URL.revokeObjectURL(address));
  shown.addresses = files.map((content) => URL.createObjectURL(content));
  const [before, after] = [part("before"), part("after")];
  [before.src, after.src] = shown.addresses;
  const { name, label } = FACTS.models[index];
  before.alt = `${file.name} as you gave it`;
  after.alt = `${file.name} enhanced by ${label}`;
  part("after-tag").textContent = `after: ${name}`;
  part("save").href = shown.addresses[2];
  part("save").download = `${file.name.replace(/\.[^.]*$/, "")}-${name.replace(/[^A-Za-z0-9.]+/g, "-")}.png`;
  await Promise.all([before.decode(), after.decode()]);
  part("result").hidden = false;
  placeDivider(50);
}

function showFacts() {
  document.querySelectorAll(".model-facts").forEach((facts) => { facts.hidden = facts.dataset.model !== part("method").value; });
}

part("method").addEventListener("change", () => {
  showFacts();
  if (shown.picture) attempt(enhanceShown);
});
part("file").addEventListener("change", () => {
  if (part("file").files.length) takeFile(part("file").files[0]);
});
// without this a browser reports no change where the same file is chosen again
part("file").addEventListener("click", () => { part("file").value = ""; });
for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
document.addEventListener("dragover", () => part("drop").classList.add("over-it"));
document.addEventListener("dragleave", () => part("drop").classList.remove("over-it"));
document.addEventListener("drop", (event) => {
  part("drop").classList.remove("over-it");
  const [file] = event.dataTransfer.files;
  if (file && !part("file").disabled) takeFile(file);
});

showFacts();
const missing = missingFeature();
if (missing) {
  part("file").disabled = true;
  part("method").disabled = true;
  tellProblem(`This browser lacks ${missing}. Open the page in a current Firefox, Chrome, Edge or Safari.`);
}
