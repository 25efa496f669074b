/** The version of this Worker, named in every answer. */
export const WORKER_VERSION = "0.1.0";
