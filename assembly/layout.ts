// How matrices lie in memory: rows of activations, panels of weights.

/**
 * Floats from one row of an n-wide activation to the next: whole panels, and never a multiple of 256 bytes,
 * so that the rows of a tall matrix do not fall into the same cache sets. Padding lanes hold zeros.
 */
export function stride(n: i32): i32 {
  const padded = (n + 15) & ~15;
  return padded & 63 ? padded : padded + 16;
}

/** Number of panels that n output columns take. */
// @ts-ignore: decorator
@inline
export function panels(n: i32): i32 {
  return (n + 15) >> 4;
}

/** a·b + c, in one rounding where the build has relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  else return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function laneSum(a: v128): f32 {
  return (
    f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3))
  );
}
