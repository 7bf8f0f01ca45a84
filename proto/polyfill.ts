/**
 * Adds `Promise.withResolvers`, which libp2p calls and Node 20 lacks. Every entry point and worker must import this
 * module first. On Node 22 and later the module does nothing.
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
