/**
 * libp2p calls `Promise.withResolvers`, which Node 20 lacks. This module must be the first import of every entry point
 * and worker; on Node 22 and later it does nothing.
 */
Promise.withResolvers ??= function withResolvers<T>(this: PromiseConstructor): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>['resolve']
  let reject!: PromiseWithResolvers<T>['reject']
  const promise = new Promise<T>((res, rej) => {
    resolve = res
    reject = rej
  })
  return { promise, resolve, reject }
}
