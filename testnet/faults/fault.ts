/** A fault of the world, which begins and ends at moments that a scenario names. */
export interface Fault {
  begin(): Promise<void>
  end(): Promise<void>
}
