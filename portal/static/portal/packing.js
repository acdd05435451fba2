// Where cards stand that flow over columns, as the style sheet's dense grid places them. No DOM here.

/** Places {x, y} in cells of cards with these [width, height], each at the first spot that has room. */
export function pack(sizes, columns) {
  const rows = []; // bits of the columns that are taken
  const whole = (1 << columns) - 1;
  let full = 0; // all rows above are taken
  return sizes.map(([wanted, height]) => {
    const width = Math.min(wanted, columns);
    const bits = (1 << width) - 1;
    for (let y = full; ; y += 1) {
      let taken = 0;
      for (let row = y; row < y + height; row += 1) taken |= rows[row] ?? 0;
      let x = 0;
      while (x + width <= columns && taken & (bits << x)) x += 1;
      if (x + width > columns) continue;
      for (let row = y; row < y + height; row += 1) rows[row] = (rows[row] ?? 0) | (bits << x);
      while (rows[full] === whole) full += 1;
      return { x, y };
    }
  });
}

/** Among the others, the index at which a card comes to stand nearest to `wanted` ({x, y} in pixels). */
export function nearest(others, size, columns, wanted, cell, now = -1) {
  let best = { index: 0, distance: Infinity };
  for (let index = 0; index <= others.length; index += 1) {
    const sizes = [...others.slice(0, index), size, ...others.slice(index)];
    const { x, y } = pack(sizes, columns)[index];
    // A card that could stay stays: what is held still must not tremble.
    const distance = Math.hypot(x * cell.width - wanted.x, y * cell.height - wanted.y) - (index === now ? 12 : 0);
    if (distance < best.distance) best = { index, distance };
  }
  return best.index;
}
