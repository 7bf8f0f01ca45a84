/** The wall clock of this process. Monotonic clocks and timers stay: a step of a machine's clock does not move them. */

const machineNow = Date.now
let aheadMs = 0

Date.now = () => machineNow() + aheadMs
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
  apply: target => new target(target.now()).toString(),
})

/** @param ms by how much the clock is ahead of the machine's */
export function setClock(ms: number): void {
  aheadMs = ms
}
