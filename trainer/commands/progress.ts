/** Progress of long work on standard error: a bar in a terminal, a line now and then elsewhere, nothing when quiet. */
import type { Progress } from "../learn/request.ts";

const BAR = 24;
/** Outside a terminal a line is worth printing at every such share of a phase. */
const STEP = 0.25;
/** And so it is when so many seconds have passed since the last one. */
const PATIENCE = 60;

/**
 * Runs `work` under a title; what it reports shows as a bar with the time left.
 *
 * @param quiet show nothing, e.g. where a machine reads the output
 */
export async function withProgress<T>(
  title: string,
  quiet: boolean,
  work: (report: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  if (quiet) return work(() => {});
  const { stderr } = process;
  const terminal = stderr.isTTY === true;
  const started = performance.now();
  const show = (line: string): boolean => stderr.write(terminal ? `\r\x1b[K${line}` : `${line}\n`);
  let last = { phase: "", at: 0, shown: 0, shownAt: 0 };
  show(`· ${title}`);
  const result = await work(({ phase, done, total, note }) => {
    const share = total > 0 ? done / total : 0;
    const now = performance.now();
    if (phase !== last.phase) last = { phase, at: now, shown: 0, shownAt: now };
    if (!terminal && share - last.shown < STEP && now - last.shownAt < 1000 * PATIENCE) return;
    last = { ...last, shown: share, shownAt: now };
    const filled = Math.round(share * BAR);
    const seconds = (now - last.at) / 1000;
    const left = seconds > 0 && share < 1 ? `, ${Math.ceil((seconds * (1 - share)) / share)} s left` : "";
    const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)}`;
    show(`· ${title}: ${phase} ${bar} ${done}/${total}${left}${note ? `, ${note}` : ""}`);
  });
  show(`✔ ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (terminal) stderr.write("\n");
  return result;
}

/** An abort signal that the first Ctrl-C fires; the second ends the process at once. `when` says when it will have stopped. */
export function interruptSignal(when = "after this step"): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    console.error(`\nstopping ${when}; Ctrl-C again to stop at once`);
    controller.abort();
  };
  process.on("SIGINT", stop);
  return { signal: controller.signal, dispose: () => process.off("SIGINT", stop) };
}
