/** The page of a verifier, read in a real browser. */
import { chromium, type Page } from 'playwright-core'

const CHROMIUM = process.env.BANDWITNESS_CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const
export type Size = keyof typeof SIZES

export class PageReader {
  readonly #closing: () => Promise<void>
  readonly #open: (size: Size) => Promise<Page>

  private constructor(open: (size: Size) => Promise<Page>, close: () => Promise<void>) {
    this.#open = open
    this.#closing = close
  }

  /** @throws Error without a Chromium at `BANDWITNESS_CHROMIUM`, or in its usual place */
  static async start(): Promise<PageReader> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
    const open = async (size: Size) => (await browser.newContext({ viewport: SIZES[size] })).newPage()
    return new PageReader(open, () => browser.close())
  }

  close(): Promise<void> {
    return this.#closing()
  }

  /** The page at an address, once it shows more than that it loads. */
  async at(url: string, size: Size = 'desktop'): Promise<Page> {
    const page = await this.#open(size)
    await page.goto(url)
    await shown(page)
    return page
  }
}

/** Waits until a view has all that it asked for. */
export async function shown(page: Page): Promise<void> {
  await page.locator('h1').waitFor()
  await page.getByText('Loading …').waitFor({ state: 'detached' })
}

/** The cells of a table, row by row. */
export const rowsOf = (page: Page, caption: string | RegExp): Promise<string[][]> =>
  page
    .getByRole('table', { name: caption })
    .locator('tbody tr')
    .evaluateAll(rows => rows.map(row => [...row.children].map(cell => cell.textContent ?? '')))
