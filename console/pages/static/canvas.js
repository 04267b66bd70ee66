// What boxes are drawn on: how much the image is enlarged, which part of it is seen, and what pointers do there. `editor`
// says what a drag is for: `take(point, reach)` begins one, `pick(point)` is a click, `cursor(point, reach)` is a look.
import { bounded } from "./geometry.js";

const MOST_SCALE = 64, LONGEST_SIDE = 30000; // CSS pixels for one of the image, and for the whole
const NEAR = 16; // CSS pixels that stay free around a box which is brought into view
const TREMBLE = { mouse: 3, pen: 5, touch: 8 }; // CSS pixels that a pointer moves before it drags
const REACH = { mouse: 8, pen: 12, touch: 22 }; // CSS pixels from a side at which it can be held

const apart = ([one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
const amid = ([one, other]) => ({
  clientX: (one.clientX + other.clientX) / 2,
  clientY: (one.clientY + other.clientY) / 2,
});

export class Canvas {
  constructor(element, sheet, image, editor) {
    Object.assign(this, { element, sheet, image, editor, hand: false, fitted: true, drag: null });
    this.pointers = new Map();
    const on = (name, handler, options) => element.addEventListener(name, handler.bind(this), options);
    on("pointerdown", this.down);
    on("pointermove", this.move);
    on("pointerup", this.up);
    on("pointercancel", this.cancel);
    on("wheel", this.wheel, { passive: false });
    new ResizeObserver(() => (this.fitted ? this.fit() : this.enlarge(this.scale))).observe(element);
  }

  get least() {
    const room = this.element.getBoundingClientRect();
    return Math.min((room.width - 2) / this.image.width, (room.height - 2) / this.image.height);
  }

  fit() {
    this.enlarge(this.least);
    this.fitted = true;
  }

  enlarge(scale) {
    const { width, height } = this.image;
    const most = Math.max(this.least, Math.min(MOST_SCALE, LONGEST_SIDE / Math.max(width, height)));
    this.scale = bounded(scale, this.least, most);
    this.fitted = false;
    this.sheet.style.width = `${width * this.scale}px`;
    this.sheet.style.height = `${height * this.scale}px`;
    this.sheet.classList.toggle("shrunk", this.scale < 1);
  }

  // Enlarge so that the point of the image which is `at` a place of the window stays there.
  zoom(factor, at = this.centre()) {
    const kept = this.point(at);
    this.enlarge(this.scale * factor);
    const sheet = this.sheet.getBoundingClientRect();
    this.pan(sheet.left + kept.x * this.scale - at.clientX, sheet.top + kept.y * this.scale - at.clientY);
  }

  pan(x, y) {
    this.element.scrollBy({ left: x, top: y, behavior: "instant" });
  }

  centre() {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return { clientX: left + width / 2, clientY: top + height / 2 };
  }

  point({ clientX, clientY }) {
    const sheet = this.sheet.getBoundingClientRect();
    return { x: (clientX - sheet.left) / this.scale, y: (clientY - sheet.top) / this.scale };
  }

  view() {
    const { left, top, right, bottom } = this.element.getBoundingClientRect();
    const [from, to] = [this.point({ clientX: left, clientY: top }), this.point({ clientX: right, clientY: bottom })];
    return { left: from.x, top: from.y, right: to.x, bottom: to.y };
  }

  // Bring a box into view; of one that is larger than the view, its left and top.
  show(box) {
    const seen = this.view(), near = NEAR / this.scale;
    const off = (low, high, from, to) =>
      low - near < from ? low - near - from : Math.min(Math.max(0, high + near - to), low - near - from);
    const x = off(box.left, box.right, seen.left, seen.right), y = off(box.top, box.bottom, seen.top, seen.bottom);
    if (x || y) this.pan(x * this.scale, y * this.scale);
  }

  down(event) {
    const { element } = this, beyond = event.offsetX >= element.clientWidth || event.offsetY >= element.clientHeight;
    if (event.button > 1 || (event.target === element && beyond)) return; // where bars scroll
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    this.stop();
    this.drag = this.begin(event);
  }

  begin(event) {
    const fingers = [...this.pointers.values()];
    if (fingers.length > 1) return fingers.length === 2 ? { pinch: fingers } : null;
    if (this.hand || event.button === 1) return { last: event };
    return { from: event, point: this.point(event), reach: this.reach(event) };
  }

  reach(event) {
    return (REACH[event.pointerType] ?? REACH.mouse) / this.scale;
  }

  move(event) {
    if (!this.pointers.has(event.pointerId)) {
      const look = this.hand ? "grab" : this.editor.cursor(this.point(event), this.reach(event));
      this.element.style.cursor = look;
      return;
    }
    this.pointers.set(event.pointerId, event);
    const { drag } = this;
    if (drag?.pinch) this.pinch(drag);
    else if (drag?.last) this.shift(drag, event);
    else if (drag) this.pull(drag, event);
  }

  pinch(drag) {
    const fingers = [...this.pointers.values()], [before, now] = [amid(drag.pinch), amid(fingers)];
    this.zoom(apart(fingers) / Math.max(1, apart(drag.pinch)), before);
    this.pan(before.clientX - now.clientX, before.clientY - now.clientY);
    drag.pinch = fingers;
  }

  shift(drag, event) {
    this.pan(drag.last.clientX - event.clientX, drag.last.clientY - event.clientY);
    drag.last = event;
  }

  pull(drag, event) {
    const far = apart([drag.from, event]) >= (TREMBLE[event.pointerType] ?? TREMBLE.mouse);
    if (!drag.move && far) Object.assign(drag, this.editor.take(drag.point, drag.reach));
    drag.move?.(this.point(event));
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const { drag } = this;
    this.drag = null;
    if (drag?.move) drag.end();
    else if (drag?.from) this.editor.pick(drag.point);
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.stop();
  }

  // Give up a drag that is under way; true where there was one.
  stop() {
    const { drag } = this;
    this.drag = null;
    drag?.cancel?.();
    return Boolean(drag);
  }

  wheel(event) {
    if (!event.ctrlKey) return; // without it the page and the image scroll as ever
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 300), event);
  }
}
