/** What is in force for this run (cli.md): flag > HOOKS_* > project file > user file > default. */
export interface Settings {
  /** Where it works. */
  target: LocalTarget | RemoteTarget;
  tenant: string | undefined;
  /** As named; undefined when nobody named one. */
  environment: string | undefined;
  /** Folder of token, master key, lock, daemon.json: HOOKS_HOME, or the XDG data directory + /hooks. */
  dataDirectory: string;
}

export interface LocalTarget {
  kind: "local";
  /** Absolute path of the store's file. */
  storePath: string;
}

export interface RemoteTarget {
  kind: "remote";
  server: URL;
  apiKey: string | undefined;
}
