/** For tests of commands. */
import type { Command, Options } from "./command.ts";

/** What a command prints with `--json`. */
export async function printed(command: Command, options: Options): Promise<string> {
  const written: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = (text) => written.push(String(text)) > 0;
  try {
    await command.run({ ...options, json: true });
  } finally {
    process.stdout.write = write;
  }
  return written.join("");
}
