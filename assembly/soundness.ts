// Searches weights for what no network may have. The host has the same in model/soundness.ts, for files it does not open.

/** Place of the first of `count` values that is infinite or none, −1 without one. */
export function notFinite(values: usize, count: i32): i32 {
  // x − x is a positive zero, all bits of it, or none
  let sum = i64x2.splat(0);
  const whole = values + ((count & ~3) << 2);
  for (let at = values; at < whole; at += 16) sum = v128.or(sum, f32x4.sub(v128.load(at), v128.load(at)));
  for (let at = v128.any_true(sum) ? values : whole; at < values + (count << 2); at += 4) {
    if (load<f32>(at) - load<f32>(at) != 0) return ((at - values) >> 2) as i32;
  }
  return -1;
}

// @ts-ignore: decorator
@inline
function isWhole(value: f32, least: i32, most: i32): bool {
  return value >= (least as f32) && value <= (most as f32) && ((value as i32) as f32) == value;
}

/** Place of the first of every `step`-th of `count` values that is no whole number from 0 to `most`, −1 without one. */
export function notWhole(values: usize, count: i32, step: i32, most: i32): i32 {
  for (let i = 0; i < count; i += step) if (!isWhole(load<f32>(values + (i << 2)), 0, most)) return i;
  return -1;
}

/**
 * Place of a value that no tree may have, −1 without one: a column that is not −1 nor within `columns`, a child that does
 * not lie behind its parent or within the nodes; or of the second value of a node with more than `most` leaves below it,
 * shared ones counted anew.
 *
 * @param nodes (count, 3): column or −1, threshold or leaf value, low child
 * @param most at most 127
 * @param leaves (count) bytes of scratch
 */
export function wrongNode(nodes: usize, count: i32, columns: i32, most: i32, leaves: usize): i32 {
  for (let i = count - 1; i >= 0; i--) {
    const at = nodes + (i as usize) * 12;
    let below = 1;
    const column = load<f32>(at);
    if (column != -1) {
      if (!isWhole(column, 0, columns - 1)) return 3 * i;
      if (!isWhole(load<f32>(at, 8), i + 1, count - 2)) return 3 * i + 2;
      const low = leaves + ((load<f32>(at, 8) as i32) as usize);
      below = (load<u8>(low) as i32) + (load<u8>(low, 1) as i32);
      if (below > most) return 3 * i + 1;
    }
    store<u8>(leaves + (i as usize), below as u8);
  }
  return -1;
}
