"use strict";
document.documentElement.classList.add("js");

// Tables: a head's button sorts by data-key, the best first; cells without a number always come last.
// Headings of row groups are left out of a sorted table: its rows are no longer group by group.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const order = head.getAttribute("aria-sort");
      const down = order ? order === "ascending" : head.dataset.better === "higher";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      for (const heading of [...body.rows]) if (heading.classList.contains("group")) heading.remove();
      const keyed = [...body.rows].map((row) => {
        const cell = row.cells[column];
        return { row, text: cell.textContent.trim(), key: cell.dataset.key ? Number(cell.dataset.key) : NaN };
      });
      const words = keyed.every((item) => Number.isNaN(item.key));
      keyed.sort((a, b) => {
        if (words) return (down ? -1 : 1) * a.text.localeCompare(b.text, "en");
        if (Number.isNaN(a.key) || Number.isNaN(b.key)) return Number.isNaN(a.key) - Number.isNaN(b.key);
        return (down ? -1 : 1) * (a.key - b.key);
      });
      keyed.forEach((item) => body.append(item.row));
    });
  });
}

// Gallery: the viewer shows two tiles of the chosen sheet, one above the other, cut at the divider.
const viewer = document.getElementById("viewer");
if (viewer) {
  const part = (name) => document.getElementById(`gallery-${name}`);
  const sheets = [...document.querySelectorAll(".sheet")];
  const over = viewer.querySelector(".over");
  const pictures = { left: over.querySelector("img"), right: viewer.querySelector(".under") };
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  const fill = (sideName) => {
    const sheet = sheets[Number(part("image").value)];
    const tile = sheet.querySelectorAll(".tile")[Number(part(sideName).value)];
    const layer = part("layer").value;
    const source = tile.querySelector(`img[data-layer="${layer}"]`);
    pictures[sideName].hidden = !source;
    if (source) {
      pictures[sideName].src = source.src;
      pictures[sideName].alt = source.alt;
    }
    const name = tile.dataset.label;
    viewer.querySelector(`.tag.${sideName}`).textContent = source ? name : `${name}: ${tile.dataset.absent || "no picture"}`;
  };

  // Colours of masks have a meaning, which blending would invert: the pixels that differ are drawn as the right mask
  // has them, and those that are white there and coloured at the left in yellow.
  const changes = viewer.querySelector(".changes");
  const GONE = [230, 159, 0];
  const compare = async (wanted) => {
    changes.hidden = !wanted || pictures.left.hidden || pictures.right.hidden;
    part("changes").hidden = changes.hidden;
    viewer.classList.toggle("compared", !changes.hidden);
    if (changes.hidden) return;
    await Promise.all(Object.values(pictures).map((picture) => picture.decode()));
    const [width, height] = [pictures.right.naturalWidth, pictures.right.naturalHeight];
    [changes.width, changes.height] = [width, height];
    const pencil = changes.getContext("2d", { willReadFrequently: true });
    const [left, right] = [pictures.left, pictures.right].map((picture) => {
      pencil.drawImage(picture, 0, 0, width, height);
      return pencil.getImageData(0, 0, width, height);
    });
    for (let at = 0; at < right.data.length; at += 4) {
      const pixel = right.data.subarray(at, at + 3);
      const same = pixel.every((value, channel) => value === left.data[at + channel]);
      if (same) pixel.fill(255);
      else if (pixel.every((value) => value === 255)) pixel.set(GONE);
    }
    pencil.putImageData(right, 0, 0);
  };

  const place = () => {
    const divider = Number(part("divider").value);
    over.style.clipPath = `inset(0 ${100 - divider}% 0 0)`;
    viewer.querySelector(".bar").style.left = `${divider}%`;
    const zoom = Number(part("zoom").value);
    for (const picture of [...Object.values(pictures), changes]) {
      picture.style.transformOrigin = `${part("across").value}% ${part("down").value}%`;
      picture.style.transform = `scale(${zoom})`;
    }
    viewer.classList.toggle("crisp", zoom > 1);
    const masks = part("layer").value === "mask";
    viewer.classList.toggle("difference", part("difference").checked && !masks);
    compare(part("difference").checked && masks);
  };

  const show = () => {
    sheets.forEach((sheet, index) => { sheet.hidden = index !== Number(part("image").value); });
    fill("left");
    fill("right");
    place();
  };

  const nudge = (name, step) => {
    const range = part(name);
    range.value = clamp(Number(range.value) + step, Number(range.min), Number(range.max));
    place();
  };

  for (const name of ["image", "left", "right", "layer"]) part(name).addEventListener("change", show);
  for (const name of ["divider", "zoom", "across", "down", "difference"]) part(name).addEventListener("input", place);
  part("swap").addEventListener("click", () => {
    [part("left").value, part("right").value] = [part("right").value, part("left").value];
    show();
  });

  for (const sheet of sheets) {
    [...sheet.querySelectorAll(".tile")].forEach((tile, index) => {
      tile.querySelector("button.load")?.addEventListener("click", () => {
        part("right").value = index;
        show();
        viewer.scrollIntoView({ block: "nearest" });
      });
    });
  }

  let grip = null;
  viewer.addEventListener("pointerdown", (event) => {
    grip = { pan: event.shiftKey, x: event.clientX, y: event.clientY };
    viewer.setPointerCapture(event.pointerId);
    drag(event);
  });
  const drag = (event) => {
    if (!grip) return;
    const box = viewer.getBoundingClientRect();
    if (!grip.pan) {
      part("divider").value = clamp((100 * (event.clientX - box.left)) / box.width, 0, 100);
      place();
      return;
    }
    const reach = 100 / Math.max(Number(part("zoom").value) - 1, 0.5);
    nudge("across", (-reach * (event.clientX - grip.x)) / box.width);
    nudge("down", (-reach * (event.clientY - grip.y)) / box.height);
    grip.x = event.clientX;
    grip.y = event.clientY;
  };
  viewer.addEventListener("pointermove", drag);
  for (const end of ["pointerup", "pointercancel"]) viewer.addEventListener(end, () => { grip = null; });
  viewer.addEventListener("dragstart", (event) => event.preventDefault());

  const keys = {
    ArrowLeft: () => nudge("divider", -2), ArrowRight: () => nudge("divider", 2),
    "+": () => nudge("zoom", 0.5), "-": () => nudge("zoom", -0.5),
    a: () => nudge("across", -5), d: () => nudge("across", 5), w: () => nudge("down", -5), s: () => nudge("down", 5),
  };
  viewer.addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  show();
}
