// Boxes over the image of the label page: drawn, moved, resized, named and deleted by keys, by buttons and by pointers.
import { Canvas } from "./canvas.js";
import * as geometry from "./geometry.js";

const STEP = 1, STRIDE = 10; // pixels of the image by which a key moves a box
const LOOK = 48; // CSS pixels by which a key moves the view
const CLOSER = 1.25;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  n: "new", delete: "delete", backspace: "delete", z: "back", ",": "previous", ".": "next", escape: "none",
  "+": "closer", "=": "closer", "-": "farther", f: "fit", h: "hand", enter: "send",
};
const CURSORS = { "-1 -1": "nwse", "1 1": "nwse", "-1 1": "nesw", "1 -1": "nesw", "0 -1": "ns", "0 1": "ns" };
// What was drawn on each sample since the page was opened: it comes back with the sample, after an undo or a refusal.
const drafts = new Map();

const attribute = (picture, name) => Number(picture.getAttribute(name));
const written = (picture) => ({ width: attribute(picture, "width"), height: attribute(picture, "height") });
const naturally = (picture) => ({ width: picture.naturalWidth, height: picture.naturalHeight });

class Boxes extends HTMLElement {
  connectedCallback() {
    this.element = this.querySelector("#sample");
    this.layer = this.querySelector(".layer");
    this.classes = [...this.querySelectorAll("[data-class]")].map((button) => button.dataset.class);
    const id = this.element.dataset.assignment;
    this.draft = drafts.get(id) ?? { boxes: [], past: [], selected: -1, name: this.classes[0] };
    drafts.set(id, this.draft);
    const picture = this.querySelector(".sheet > img.sample-image");
    if (!picture) return this.tell("Boxes are drawn over images, and this sample is none: skip it.");
    if (picture.hasAttribute("width")) return this.open(picture, written(picture)); // drawn from the payload: no key must wait
    const failed = () => this.tell("The image cannot be shown: skip the sample, or open the page again.");
    picture.decode().then(() => this.isConnected && this.open(picture, naturally(picture)), failed);
  }

  disconnectedCallback() {
    this.closing?.abort();
  }

  open(picture, { width, height }) {
    this.image = { width, height };
    this.canvas = new Canvas(this.element, picture.parentElement, this.image, this);
    this.closing = new AbortController();
    const { signal } = this.closing;
    document.addEventListener("keydown", (event) => this.key(event), { capture: true, signal });
    this.addEventListener("click", (event) => this.clicked(event), { signal });
    this.layer.addEventListener("focusin", (event) => this.focused(event.target), { signal });
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.canvas.fit();
    this.render();
    if (document.activeElement === document.body) this.element.focus({ preventScroll: true });
  }

  // --- what can be done, each by a key and a button

  new() {
    this.add({ name: this.draft.name, ...geometry.middle(this.canvas.view(), this.image) });
  }

  delete() {
    const { boxes, selected } = this.draft;
    if (selected < 0) return this.tell("No box is selected.");
    this.change(boxes.toSpliced(selected, 1));
    this.select(Math.min(selected, boxes.length - 2));
  }

  back() {
    const { draft } = this;
    if (!draft.past.length) return this.tell("Nothing was drawn before.");
    const { boxes, selected } = draft.past.pop();
    draft.boxes = boxes;
    this.select(selected);
  }

  previous() {
    const { boxes, selected } = this.draft;
    this.select(selected > 0 ? selected - 1 : boxes.length - 1);
  }

  next() {
    const { boxes, selected } = this.draft;
    this.select(selected + 1 < boxes.length ? selected + 1 : Math.min(0, boxes.length - 1));
  }

  none() {
    if (this.canvas.stop()) return;
    this.select(-1);
  }

  closer() {
    this.canvas.zoom(CLOSER);
  }

  farther() {
    this.canvas.zoom(1 / CLOSER);
  }

  fit() {
    this.canvas.fit();
  }

  hand() {
    this.canvas.hand = this.toggle("hand");
  }

  stride() {
    this.toggle("stride");
  }

  send() {
    const { boxes } = this.draft;
    if (!boxes.length && !this.sure) {
      this.sure = true;
      return this.tell("No box is drawn. Send once more if there is nothing to draw.");
    }
    labeling.answer(boxes);
  }

  // Move the selected box, or its right and bottom sides; without one, the view.
  step([x, y], { size, large }) {
    const { boxes, selected } = this.draft;
    const far = large || this.button("stride").ariaPressed === "true" ? STRIDE : STEP;
    if (selected < 0) return this.canvas.pan(x * LOOK, y * LOOK);
    const change = size ? geometry.grown : geometry.moved;
    this.change(boxes.with(selected, change(boxes[selected], { x: x * far, y: y * far }, this.image)));
    this.select(selected);
  }

  name(name) {
    const { boxes, selected } = this.draft;
    this.draft.name = name;
    if (selected >= 0) this.change(boxes.with(selected, { ...boxes[selected], name }));
    this.render();
  }

  // --- keys and buttons

  key(event) {
    if (event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input, textarea, select, .guideline")) return;
    if (!this.pressed(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Do what a key is for; false where it is for nothing here.
  pressed(event) {
    const large = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    const arrow = ARROWS[event.key], act = KEYS[key];
    if (arrow) this.step(arrow, { large, size: event.shiftKey });
    else if (large) return key === "z" ? (this.back(), true) : false;
    else if (event.repeat || (act === "send" && event.target.closest?.("button, a"))) return false;
    else if (act) this[act]();
    else return this.named(key);
    return true;
  }

  named(key) {
    const button = this.querySelector(`[data-class][aria-keyshortcuts="${CSS.escape(key)}"]`);
    if (button) this.name(button.dataset.class);
    return Boolean(button);
  }

  clicked(event) {
    const button = event.target.closest("button"), box = event.target.closest(".box");
    if (box) return this.select([...this.layer.children].indexOf(box));
    if (button?.dataset.class !== undefined) this.name(button.dataset.class);
    else if (button?.dataset.by) this.step(button.dataset.by.split(" ").map(Number), { size: "size" in button.dataset });
    else if (button?.dataset.draw) this[button.dataset.draw]();
    else return;
    if (event.detail) this.goOn(); // after a pointer, keys go on with the box
  }

  // --- what pointers do on the canvas

  take(point, reach) {
    const { boxes, selected, name } = this.draft, box = boxes[selected];
    const grip = box && geometry.gripped(box, point, reach);
    if (grip) return this.dragging((to) => geometry.pulled(box, grip, to, this.image));
    if (box && geometry.holds(box, point))
      return this.dragging((to) => geometry.moved(box, { x: to.x - point.x, y: to.y - point.y }, this.image));
    const drawn = (to) => ({ name, ...geometry.between(point, to, this.image) });
    return this.add(drawn(point), { show: false }) ? this.dragging(drawn, { begun: true }) : { move() {}, end() {} };
  }

  // A drag is one step that can be taken back, however many places it went through.
  dragging(at, { begun = false } = {}) {
    const { draft } = this, place = draft.selected;
    if (!begun) this.change(draft.boxes);
    return {
      move: (to) => {
        draft.boxes = draft.boxes.with(place, at(to));
        this.render();
      },
      end: () => this.select(place, { show: false }),
      cancel: () => this.back(),
    };
  }

  pick(point) {
    this.select(geometry.smallest(this.draft.boxes, point), { show: false });
  }

  cursor(point, reach) {
    const box = this.draft.boxes[this.draft.selected], grip = box && geometry.gripped(box, point, reach);
    if (grip) return `${CURSORS[`${grip.x} ${grip.y}`] ?? "ew"}-resize`;
    return box && geometry.holds(box, point) ? "move" : "crosshair";
  }

  // --- state, and how it looks

  add(box, seen) {
    const { boxes } = this.draft, most = Number(this.dataset.most);
    if (boxes.length >= most) return this.tell(`${most} boxes are the most that an answer may have.`);
    this.change([...boxes, box]);
    this.select(boxes.length, seen);
    return true;
  }

  change(boxes) {
    const { draft } = this;
    draft.past.push({ boxes: draft.boxes, selected: draft.selected });
    draft.boxes = boxes;
    this.sure = false;
    labeling.worked();
  }

  // Select a box, and bring it into view, unless a pointer is there already.
  select(place, { show = true } = {}) {
    this.draft.selected = place;
    this.render();
    this.goOn();
    if (show && place >= 0) this.canvas.show(this.draft.boxes[place]);
  }

  focused(element) {
    const place = [...this.layer.children].indexOf(element);
    if (place >= 0 && place !== this.draft.selected) this.select(place);
  }

  goOn() {
    (this.layer.children[this.draft.selected] ?? this.element).focus({ preventScroll: true });
  }

  button(name) {
    return this.querySelector(`[data-draw="${name}"]`);
  }

  toggle(name) {
    const button = this.button(name);
    button.ariaPressed = String(button.ariaPressed !== "true");
    return button.ariaPressed === "true";
  }

  tell(said) {
    this.querySelector(".says").textContent = said;
  }

  render() {
    const { boxes, selected, name } = this.draft, { layer } = this;
    while (layer.childElementCount > boxes.length) layer.lastElementChild.remove();
    while (layer.childElementCount < boxes.length) layer.append(blank());
    boxes.forEach((box, place) => this.paint(layer.children[place], box, place));
    for (const button of this.querySelectorAll("[data-class]"))
      button.ariaPressed = String(button.dataset.class === (boxes[selected]?.name ?? name));
    const many = boxes.length === 1 ? "1 box" : `${boxes.length} boxes`;
    this.button("send").querySelector("span").textContent = boxes.length ? `Send ${many}` : "Nothing to draw";
    this.tell(boxes[selected] ? `${this.said(boxes[selected], selected)}.` : `${many}, none selected.`);
  }

  said({ name, left, top, right, bottom }, place) {
    const size = `${right - left} by ${bottom - top} pixels, ${left} from the left, ${top} from the top`;
    return `Box ${place + 1} of ${this.draft.boxes.length}: ${name}, ${size}`;
  }

  paint(element, box, place) {
    const { width, height } = this.image, share = (part, whole) => `${(100 * part) / whole}%`;
    element.style.left = share(box.left, width);
    element.style.top = share(box.top, height);
    element.style.width = share(box.right - box.left, width);
    element.style.height = share(box.bottom - box.top, height);
    element.style.setProperty("--hue", (this.classes.indexOf(box.name) * 137 + 170) % 360);
    element.classList.toggle("high", box.top * this.canvas.scale < 24); // its name has no room above
    element.ariaSelected = String(place === this.draft.selected);
    element.ariaLabel = this.said(box, place);
    element.firstElementChild.textContent = `${place + 1} ${box.name}`;
  }
}

function blank() {
  const box = document.createElement("div");
  box.className = "box";
  box.role = "option";
  box.tabIndex = 0;
  const name = document.createElement("span");
  name.dir = "auto";
  box.append(name, ...Array.from({ length: 4 }, () => document.createElement("i")));
  return box;
}

customElements.define("assay-boxes", Boxes);
