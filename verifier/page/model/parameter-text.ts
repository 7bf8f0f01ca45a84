/** A parameter of the network with the unit that its name ends in. */
const UNITS: readonly [ending: RegExp, text: (value: number) => string][] = [
  [/Seconds$/, value => `${value} s`],
  [/Ms$/, value => `${value} ms`],
  [/Bps$/, value => `${value / 100} %`],
  [/Ppm$/, value => `${value / 10_000} %`],
  [/Kbps$/, value => `${value} kbit/s`],
  [/Epochs$/, value => `${value} ${value === 1 ? 'epoch' : 'epochs'}`],
  [/Windows$/, value => `${value} windows`],
]

export const parameterText = (name: string, value: number): string =>
  UNITS.find(([ending]) => ending.test(name))?.[1](value) ?? `${value}`
