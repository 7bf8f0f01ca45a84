/** Figures as text. */

export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`

export const thousands = (value: number): string => value.toLocaleString('en')

/** Three digits or so. */
export const figure = (value: number): string => (value < 10 ? value.toFixed(2) : thousands(Math.round(value)))
