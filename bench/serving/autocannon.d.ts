/** What the bench uses of autocannon, which has no types of its own. */
declare module "autocannon" {
  interface Options {
    readonly url: string;
    readonly method: "POST";
    readonly body: string | Buffer;
    readonly headers: Readonly<Record<string, string>>;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    /** Milliseconds from one look at the clock to the next. */
    readonly sampleInt: number;
  }
  namespace autocannon {
    interface Result {
      readonly errors: number;
      readonly non2xx: number;
      readonly duration: number;
      readonly requests: { readonly total: number };
      /** Milliseconds. */
      readonly latency: { readonly p50: number; readonly p99: number };
    }
  }
  function autocannon(options: Options): Promise<autocannon.Result>;
  export default autocannon;
}
