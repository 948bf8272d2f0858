export interface Campaign {
  /** Of the running system, `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminKey: string;
  /** Where the demo may keep what it must remember between two starts. */
  readonly dataFolder: string;
  /** Aborted when everything is to stop. */
  readonly stopping: AbortSignal;
}

/** Plays the sample campaign of `npm start`. Returns when its table has been shown; its receivers answer until `stopping`. */
export async function playCampaign(_campaign: Campaign): Promise<void> {
  // Written next.
}
