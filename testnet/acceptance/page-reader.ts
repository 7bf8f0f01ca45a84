/** The page of a verifier, read in a real browser. */
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from './chromium.js'

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const
export type Size = keyof typeof SIZES

export class PageReader {
  private constructor(private readonly browser: Browser) {}

  /** @throws Error without a Chromium */
  static async start(): Promise<PageReader> {
    return new PageReader(await launchChromium())
  }

  close(): Promise<void> {
    return this.browser.close()
  }

  /** The page at an address, once it shows more than that it loads. */
  async at(url: string, size: Size = 'desktop'): Promise<Page> {
    const context = await this.browser.newContext({ viewport: SIZES[size] })
    const page = await context.newPage()
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
