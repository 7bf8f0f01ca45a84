import { type Browser, chromium } from 'playwright-core'

/** Debian's, or another one. */
export const CHROMIUM = process.env.BANDWITNESS_CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** A browser that asks no host by itself. @throws Error if there is none */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
