/** Work that leaves nothing behind, also where Ctrl-C or a closed terminal ends the process in between. */

const STOPS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @param clean takes away what the work has made for itself, once it is done, fails or is stopped */
export async function cleanedUp<T>(clean: () => void, work: () => Promise<T>): Promise<T> {
  const stop = (signal: NodeJS.Signals): void => {
    clean();
    process.kill(process.pid, signal);
  };
  for (const signal of STOPS) process.once(signal, stop);
  try {
    return await work();
  } finally {
    for (const signal of STOPS) process.off(signal, stop);
    clean();
  }
}
