// Boxes over an image of `width` by `height` pixels. Corners lie on whole pixels, inside the image, and a box is a pixel
// wide and high at least, whatever a pointer did. Nothing here changes what it is given.
export const bounded = (value, low, high) => Math.min(high, Math.max(low, value));

function side(one, other, most) {
  const low = bounded(Math.round(Math.min(one, other)), 0, most - 1);
  return [low, bounded(Math.round(Math.max(one, other)), low + 1, most)];
}

// The box with these opposite corners, in whichever order they come.
export function between(from, to, image) {
  const [left, right] = side(from.x, to.x, image.width);
  const [top, bottom] = side(from.y, to.y, image.height);
  return { left, top, right, bottom };
}

export function moved(box, by, image) {
  const x = bounded(Math.round(by.x), -box.left, image.width - box.right);
  const y = bounded(Math.round(by.y), -box.top, image.height - box.bottom);
  return { ...box, left: box.left + x, right: box.right + x, top: box.top + y, bottom: box.bottom + y };
}

// A box whose right and bottom sides have moved; where these stop at the image's own, it grows no further.
export function grown(box, by, image) {
  const right = bounded(box.right + by.x, box.left + 1, image.width);
  return { ...box, right, bottom: bounded(box.bottom + by.y, box.top + 1, image.height) };
}

// A box whose held sides follow a point; pulled over the opposite side, it turns over.
export function pulled(box, grip, to, image) {
  const from = { x: grip.x < 0 ? box.right : box.left, y: grip.y < 0 ? box.bottom : box.top };
  const end = { x: grip.x ? to.x : box.right, y: grip.y ? to.y : box.bottom };
  return { ...box, ...between(from, end, image) };
}

// Which sides of a box a point holds, -1 left or top and 1 right or bottom; null where it holds none. Outside of the box
// it may be `reach` away; inside a quarter of the box at most, so that its middle stays free for moving it.
export function gripped(box, point, reach) {
  const x = held(point.x, box.left, box.right, reach);
  const y = held(point.y, box.top, box.bottom, reach);
  return x === null || y === null || !(x || y) ? null : { x, y };
}

function held(at, low, high, reach) {
  const within = Math.min(reach, (high - low) / 4);
  if (at < low - reach || at > high + reach) return null;
  if (at <= low + within) return -1;
  return at >= high - within ? 1 : 0;
}

export const holds = (box, { x, y }) => box.left <= x && x < box.right && box.top <= y && y < box.bottom;

// The place of the smallest box around a point, -1 where there is none: a box within another can be reached.
export function smallest(boxes, point) {
  const area = (box) => (box.right - box.left) * (box.bottom - box.top);
  return boxes.reduce((best, box, place) => {
    const nearer = holds(box, point) && (best < 0 || area(box) < area(boxes[best]));
    return nearer ? place : best;
  }, -1);
}

// A box in the middle of the part that is seen, a quarter as wide and high.
export function middle(view, image) {
  const part = (low, high) => [low + (3 * (high - low)) / 8, low + (5 * (high - low)) / 8];
  const [left, right] = part(Math.max(0, view.left), Math.min(image.width, view.right));
  const [top, bottom] = part(Math.max(0, view.top), Math.min(image.height, view.bottom));
  return between({ x: left, y: top }, { x: right, y: bottom }, image);
}
