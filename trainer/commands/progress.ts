/** Progress of long work on standard error: a bar in a terminal, a line now and then elsewhere, nothing when quiet. */
import { Listr } from "listr2";
import type { Progress } from "../learn/train.ts";

const BAR = 24;

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
  let result: { value: T } | undefined;
  const terminal = process.stdout.isTTY === true;
  const tasks = new Listr(
    [
      {
        title,
        task: async (_, task): Promise<void> => {
          const started = performance.now();
          let shown = 0;
          const report = ({ phase, done, total, note }: Progress): void => {
            const share = total > 0 ? done / total : 0;
            if (!terminal && share < 1 && share - shown < 0.25 && share >= shown) return;
            shown = share;
            const filled = Math.round(share * BAR);
            const seconds = (performance.now() - started) / 1000;
            const left = share > 0 && share < 1 ? `, ${Math.ceil((seconds * (1 - share)) / share)} s left` : "";
            const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)}`;
            task.output = `${phase} ${bar} ${done}/${total}${left}${note ? `, ${note}` : ""}`;
          };
          result = { value: await work(report) };
          task.title = `${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`;
        },
      },
    ],
    {
      renderer: quiet ? "silent" : "default",
      fallbackRenderer: quiet ? "silent" : "simple",
      registerSignalListeners: false,
    },
  );
  await tasks.run();
  if (!result) throw new Error("the task did not run");
  return result.value;
}

/** An abort signal that the first Ctrl-C fires; the second ends the process at once. */
export function interruptSignal(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    console.error("\nstopping after this episode; Ctrl-C again to stop at once");
    controller.abort();
  };
  process.on("SIGINT", stop);
  return { signal: controller.signal, dispose: () => process.off("SIGINT", stop) };
}
