// Two pictures of one size above each other, cut at a divider: mouse, touch, arrow keys or the range below.

const viewer = document.getElementById("viewer");
const divider = document.getElementById("divider");
const KEY_STEP = 2;

function placeDivider(percent) {
  divider.value = Math.min(Math.max(percent, 0), 100);
  viewer.querySelector(".over").style.clipPath = `inset(0 ${100 - divider.value}% 0 0)`;
  viewer.querySelector(".bar").style.left = `${divider.value}%`;
}

function followPointer(event) {
  if (!viewer.hasPointerCapture(event.pointerId)) return;
  const box = viewer.getBoundingClientRect();
  placeDivider((100 * (event.clientX - box.left)) / box.width);
}

viewer.addEventListener("pointerdown", (event) => {
  viewer.setPointerCapture(event.pointerId);
  followPointer(event);
});
viewer.addEventListener("pointermove", followPointer);
viewer.addEventListener("dragstart", (event) => event.preventDefault());
viewer.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  placeDivider(Number(divider.value) + step);
});
divider.addEventListener("input", () => placeDivider(Number(divider.value)));
