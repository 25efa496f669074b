/** A team of threads: instances of train.wasm over one shared memory that run programs together. */
import { Worker } from "node:worker_threads";
import { type Address, type Instruction, Kernel, type KernelFunctions } from "../../model/kernel.ts";

/** How threads of train.wasm run a program together; see assembly/team.ts. */
export interface TeamFunctions extends KernelFunctions {
  readonly CONTROL: WebAssembly.Global;
  lead(control: Address, program: Address, count: number, rows: number, parts: number): void;
  follow(control: Address, last: number, part: number, parts: number): number;
}

/** Pages of 64 KiB that a kernel's memory may grow to: 4 GiB, of which nothing is taken before it is needed. */
const MOST_PAGES = 65536;

/** What a thread is started with. */
export interface Following {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: Address;
  readonly part: number;
  readonly parts: number;
}

/**
 * Programs run on `workers` threads: this one, and others that wait for it. What comes out does not depend on how many
 * they are: rows are shared out where each row is on its own, and every sum over rows is one thread's, in their order.
 */
export class Team<Functions extends TeamFunctions = TeamFunctions> extends Kernel<Functions> {
  readonly workers: number;
  readonly #control: Address = 0;
  readonly #threads: readonly Worker[] = [];

  /** @param module train.wasm */
  constructor(module: WebAssembly.Module, workers = 1) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
    super(module, memory);
    this.workers = workers;
    if (workers === 1) return;
    const control = this.allocate(Number(this.functions.CONTROL.value) / 4);
    this.#control = control;
    this.#threads = Array.from({ length: workers - 1 }, (_, i) => {
      const workerData: Following = { module, memory, control, part: i + 1, parts: workers };
      const thread = new Worker(new URL("./follow.ts", import.meta.url), { workerData, execArgv: ["--no-warnings"] });
      // A team that nobody closes does not keep the program from ending.
      thread.unref();
      return thread;
    });
  }

  override compile(instructions: readonly Instruction[]): (rows: number) => void {
    if (this.workers === 1) return super.compile(instructions);
    const at = this.place(instructions);
    const { lead } = this.functions;
    const count = instructions.length;
    return (rows) => lead(this.#control, at, count, rows, this.workers);
  }

  /** Ends the other threads; nothing must be run afterwards. */
  async close(): Promise<void> {
    if (this.workers > 1) this.functions.lead(this.#control, 0, 0, 0, this.workers);
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
