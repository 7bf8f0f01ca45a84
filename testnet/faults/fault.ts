/** Something that happens to a running network, for a time or once. */
export interface Fault {
  begin(): Promise<void>
  end(): Promise<void>
}
