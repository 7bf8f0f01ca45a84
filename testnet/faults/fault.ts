/** Something that happens to a running network, for a time or once. */
export interface Fault {
  /** @throws Error if this machine cannot bring it about */
  begin(): Promise<void>
  /** Call it also for a fault that lasts until the run ends. */
  end(): Promise<void>
}
