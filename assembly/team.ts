// Threads that run one program together, each its share, over one memory; what they need to know of each other lies there too.
import { INSTRUCTION } from "./program";
import { byPlace, byRows, BY_PLACE, BY_ROWS, shareOf, stages } from "./share";

/**
 * Looks at a changing word before a thread goes to sleep over it: more than a tenth of a millisecond, since shares of a
 * product differ by some tens of microseconds from time to time, and it takes as many to wake a thread.
 */
const PATIENCE: i32 = 120_000;

// Words of the control block. A program of 0 ends the team.
const GENERATION: usize = 0;
const PROGRAM: usize = 4;
const COUNT: usize = 8;
const ROWS: usize = 12;
const ARRIVED: usize = 64;
const PHASE: usize = 128;

/** Bytes of a control block. */
export const CONTROL: i32 = 192;

/** Waits until the word at `at` is no longer `value`. */
function waitWhile(at: usize, value: i32): void {
  for (let i = 0; i < PATIENCE; i++) if (atomic.load<i32>(at) != value) return;
  while (atomic.load<i32>(at) == value) atomic.wait<i32>(at, value, -1);
}

/** Returns when all `parts` threads have come here. */
function meet(control: usize, parts: i32): void {
  if (parts == 1) return;
  const phase = atomic.load<i32>(control + PHASE);
  if (atomic.add<i32>(control + ARRIVED, 1) == parts - 1) {
    atomic.store<i32>(control + ARRIVED, 0);
    atomic.add<i32>(control + PHASE, 1);
    atomic.notify(control + PHASE, parts);
  } else waitWhile(control + PHASE, phase);
}

/** Share `part` of `parts` of a program. Threads meet wherever one may need what another has written. */
export function work(control: usize, program: usize, count: i32, rows: i32, part: i32, parts: i32): void {
  const first = shareOf(rows, part, parts, 2);
  const many = shareOf(rows, part + 1, parts, 2) - first;
  let last = BY_ROWS;
  for (const end = program + count * INSTRUCTION; program < end; program += INSTRUCTION) {
    const stage = stages(program);
    if (stage & BY_ROWS) {
      if (last != BY_ROWS) meet(control, parts);
      byRows(program, first, many);
      last = BY_ROWS;
    }
    if (stage & BY_PLACE) {
      meet(control, parts);
      byPlace(program, rows, part, parts);
      last = BY_PLACE;
    }
  }
  meet(control, parts);
}

/** Runs a program as the first of `parts` threads, the others being at `follow`; a program of 0 sends them home. */
export function lead(control: usize, program: usize, count: i32, rows: i32, parts: i32): void {
  store<u32>(control + PROGRAM, program as u32);
  store<i32>(control + COUNT, count);
  store<i32>(control + ROWS, rows);
  atomic.add<i32>(control + GENERATION, 1);
  atomic.notify(control + GENERATION, parts);
  if (program) work(control, program, count, rows, 0, parts);
}

/**
 * Waits for the next program after generation `last`, and runs share `part` of it.
 *
 * @returns its generation, or −1 once the team has ended
 */
export function follow(control: usize, last: i32, part: i32, parts: i32): i32 {
  waitWhile(control + GENERATION, last);
  const program = load<u32>(control + PROGRAM) as usize;
  if (!program) return -1;
  const generation = atomic.load<i32>(control + GENERATION);
  work(control, program, load<i32>(control + COUNT), load<i32>(control + ROWS), part, parts);
  return generation;
}
