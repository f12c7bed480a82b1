/** Whether new events can be taken now. */
export interface Readiness {
  ready: boolean;
  /** Each part that was looked at (`store`, `dispatcher`) and how it is: `ok`, or what is wrong, in words for
   * strangers: no path, no address. */
  checks: Record<string, string>;
}
