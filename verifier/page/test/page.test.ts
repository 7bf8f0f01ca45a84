/** The page in a real browser, as its readers use it. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import { expect } from 'chai'
import type { Browser, BrowserContext, BrowserContextOptions, Page, Route } from 'playwright-core'
import { build } from 'vite'
import { CHROMIUM, launchChromium } from '../../../testnet/acceptance/chromium.js'
import { median, quantile } from '../../../testnet/bench/quantile.js'
import type { HeldEpoch } from '../../api/test/sample-node.js'
import { PROBLEM_MEDIA_TYPE, problemOf } from '../../evidence/schema/problem.js'
import { LINK } from '../route.js'
import { EPOCHS, PENALTY_EPOCH, PROVIDERS, sampleEpochs } from './sample-network.js'
import { HOSTILE, type SampleServer, SETTLED_TX, startSampleServer } from './sample-server.js'

const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  'small phone': { width: 360, height: 640 },
}

/** For what comes in the end. All tests together leave this one little of a machine. */
const WAIT_MS = 120_000

/** BANDWITNESS_FRAMES=1 prints how long they take; the figures depend on the machine. */
const FRAMES = 120
/** 7,200 pixels a second at 60 frames. */
const FRAME_PX = 120
/** Runs in the browser: one step each frame. */
const SCROLLING = `new Promise(resolve => {
  const [atMs, rows] = [[], []]
  const frame = now => {
    atMs.push(now)
    rows.push(document.querySelectorAll('tr[data-key]').length)
    if (atMs.length > ${FRAMES}) return resolve({ atMs, rows, y: scrollY })
    scrollBy(0, ${FRAME_PX})
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
})`

/** How the first answer to a question may fail to come. */
const LOST: Record<string, (route: Route) => Promise<void>> = {
  'is lost': route => route.abort(),
  'a busy node refuses': route =>
    route.fulfill({
      status: 503,
      contentType: PROBLEM_MEDIA_TYPE,
      json: problemOf('overloaded', 'The node works on 64 requests. Try again in a second.'),
    }),
}

interface Frames {
  /** of each frame */
  readonly atMs: number[]
  /** in the document, at each frame */
  readonly rows: number[]
  /** where the page is scrolled to at the end */
  readonly y: number
}

/** Another reader of the stream, until its server ends. */
async function listenAt(url: string): Promise<{ untilHeard(text: string): Promise<void> }> {
  const { body } = await fetch(`${url}/v1/events`)
  const parts = body!.pipeThrough(new TextDecoderStream()).getReader()
  let heard = ''
  return {
    async untilHeard(text) {
      while (!heard.includes(text)) {
        const { value, done } = await parts.read()
        if (done) throw new Error(`The stream ended without ${text}.`)
        heard += value
      }
    },
  }
}

const figuresOf = (tookMs: readonly number[]): string =>
  `a frame takes ${median(tookMs).toFixed(1)} ms in the median, ${quantile(tookMs, 0.99).toFixed(1)} ms at the 99th percentile`

describe('the reputation page', function () {
  this.timeout(180_000)
  let epochs: readonly HeldEpoch[]
  let folder: string | undefined
  let built: string
  let server: SampleServer
  let browser: Browser
  /** of the test that runs */
  let own: SampleServer[]
  /** what the browser complained about, and what it asked other hosts for */
  let complaints: string[]

  before(async function () {
    if (!existsSync(CHROMIUM) && !process.env.CI) this.skip()
    epochs = sampleEpochs()
    folder = await mkdtemp(join(tmpdir(), 'bandwitness-page-'))
    built = join(folder, 'page')
    await build({
      configFile: join(import.meta.dirname, '..', 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: built },
    })
    server = await startSampleServer({ page: built, epochs })
    server.accept(EPOCHS)
    browser = await launchChromium()
  })

  after(async () => {
    await browser?.close()
    await server?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  beforeEach(() => {
    complaints = []
    own = []
  })

  // Also after a failure: a page or a server that stays open keeps the run from ending.
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
    for (const one of own) await one.stop()
  })

  /** A server for one test. @param accepted epochs whose reports the chain has */
  async function serve(accepted: number, crowd = 0): Promise<SampleServer> {
    const one = await startSampleServer({ page: built, epochs, crowd })
    own.push(one)
    one.accept(accepted)
    return one
  }

  async function open(
    link: string,
    options: BrowserContextOptions = { viewport: SIZES.desktop },
    { url } = server,
    prepare?: (context: BrowserContext) => Promise<void>,
  ): Promise<Page> {
    const context = await browser.newContext(options)
    context.setDefaultTimeout(WAIT_MS)
    await prepare?.(context)
    const page = await context.newPage()
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(error.message))
    page.on('request', request => new URL(request.url()).origin === url || complaints.push(request.url()))
    await page.goto(`${url}/${link}`)
    await page.locator('h1').waitFor()
    return page
  }

  for (const [name, viewport] of Object.entries(SIZES)) {
    it(`leads within three clicks to why the throttled provider was slashed, on a ${name}`, async () => {
      const page = await open(LINK.providers, { viewport })
      await page
        .locator('tr', { hasText: PROVIDERS.throttled.slice(0, 6) })
        .locator('a')
        .click()
      await page.getByText('Slashed 86.6 tokens').first().waitFor()
      await page.getByRole('link', { name: `Why: the votes of epoch ${PENALTY_EPOCH}` }).click()

      const answer = page.locator('.answer')
      await answer.getByText('86.6 tokens slashed, 8.66 % of the stake').waitFor()
      expect(await answer.textContent()).to.contain('4 of 4 votes were below the slashing threshold of 18.75 Mbit/s')
      const votes = page.getByRole('table', { name: 'Votes' }).locator('tbody tr')
      expect(await votes.count()).to.equal(4)
      expect(await votes.first().textContent()).to.match(/2\.50below/)
      const whole = await page.locator('main').textContent()
      expect(whole).to.contain('every other link was shown to be faster')
      expect(whole).to.contain('signed: verifiers 1, 3, 5 and 7')
      expect(whole).to.contain(SETTLED_TX)
      expect(whole).to.contain('This window is a breach.')
      expect(whole).not.to.contain('✗')
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
      expect(await page.evaluate(overflow)).to.be.at.most(0) // below it is the room of a scroll bar
      expect(complaints).to.deep.equal([])
    })
  }

  const VIEWS = {
    'the list': LINK.providers,
    'a slashed provider': LINK.provider(PROVIDERS.throttled),
    'an explanation': LINK.explanation(PROVIDERS.throttled, PENALTY_EPOCH),
    'the epochs': LINK.epochs,
    'an epoch': LINK.epoch(PENALTY_EPOCH),
    'the verifiers': LINK.verifiers,
    'the network': LINK.network,
    'no view': '#/nowhere',
  }

  for (const [colorScheme, size] of [
    ['light', 'desktop'],
    ['dark', 'phone'],
  ] as const) {
    it(`has nothing that axe finds serious, in ${colorScheme} colours on a ${size}`, async () => {
      const page = await open(LINK.providers, { viewport: SIZES[size], colorScheme })
      for (const [name, link] of Object.entries(VIEWS)) {
        await page.goto(`${server.url}/${link}`)
        await page.getByText('Loading …').waitFor({ state: 'detached' })
        await page.evaluate(axe.source)
        const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults
        const found = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        const said = found.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0]?.html}`)
        expect(said).to.deep.equal([])
      }
    })
  }

  it('says why a provider is unmeasured', async () => {
    const page = await open(LINK.provider(PROVIDERS.unmeasured))
    await page.getByText('Unmeasured in epoch 6, because there are 2 usable votes of 4 assigned verifiers').waitFor()
  })

  it('shows what a hostile provider announces as text, and runs none of it', async () => {
    const page = await open(LINK.provider(PROVIDERS.honest))
    await page.getByText(HOSTILE, { exact: true }).waitFor()
    await page.goto(`${server.url}/${LINK.network}`)
    await page.getByRole('table', { name: 'Peers that broke a rule' }).waitFor()
    expect(await page.locator('img, main script').count()).to.equal(0)
    expect(await page.title()).to.equal('Network · Bandwitness')
    expect(complaints).to.deep.equal([])
  })

  it('explains a word on focus, and Escape takes the explanation away', async () => {
    const page = await open(LINK.provider(PROVIDERS.throttled))
    const term = page.getByRole('button', { name: 'Certified', exact: true }).first()
    await term.focus()
    expect(await page.getByRole('tooltip').textContent()).to.contain('low median of the usable votes')
    expect(await term.getAttribute('aria-describedby')).to.equal('tip')
    await page.keyboard.press('Escape')
    await page.getByRole('tooltip').waitFor({ state: 'detached' })
  })

  it('follows new reports without a reload', async () => {
    const young = await serve(EPOCHS - 1)
    const page = await open(LINK.providers, {}, young)
    await page.getByText(`Figures of epoch ${EPOCHS - 1}.`).waitFor()
    young.accept(EPOCHS)
    await page.getByText(`Figures of epoch ${EPOCHS}.`).waitFor()
  })

  for (const others of [false, true]) {
    it(`shows a report that came before its stream${others ? ', and that others were told' : ''}`, async () => {
      const young = await serve(EPOCHS - 1)
      const other = others ? await listenAt(young.url) : undefined
      const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const page = await open(LINK.providers, {}, young, async context => {
        await context.route('**/v1/events', async route => {
          asked.resolve()
          await released.promise
          await route.continue()
        })
      })
      await page.getByText(`Figures of epoch ${EPOCHS - 1}.`).waitFor()
      await asked.promise
      young.accept(EPOCHS)
      await other?.untilHeard(`"epoch":${EPOCHS},"headerHash"`)
      released.resolve()
      await page.getByText(`Figures of epoch ${EPOCHS}.`).waitFor()
    })
  }

  it('keeps ten thousand providers out of the document, and within reach of the keyboard', async () => {
    const crowded = await serve(EPOCHS, 10_000)
    const page = await open(LINK.providers, {}, crowded)
    const table = page.getByRole('table', { name: 'Providers' })
    await table.waitFor()
    expect(await table.getAttribute('aria-rowcount')).to.equal('10006')
    await table.locator('a').first().focus()
    const focused = () => page.evaluate("document.activeElement.closest('tr')?.getAttribute('aria-rowindex')")
    await page.keyboard.press('ArrowDown')
    expect(await focused()).to.equal('3')
    await page.keyboard.press('Tab')
    expect(await focused()).to.equal('4')
    for (let row = 5; row <= 44; row++) {
      await table.locator(`tr[aria-rowindex="${row}"]`).waitFor({ state: 'attached' }) // it comes with a frame
      await page.keyboard.press('Tab')
    }
    expect(await focused()).to.equal('44')
    // Each page of the list comes once the reader nears its end.
    while ((await focused()) !== '10006') await page.keyboard.press('End')
    expect(await page.locator('tr[data-key]').count()).to.be.below(120)
  })

  it('scrolls through ten thousand providers with few of them in the document', async () => {
    const crowded = await serve(EPOCHS, 10_000)
    for (const [name, viewport] of Object.entries(SIZES)) {
      const page = await open(LINK.providers, { viewport }, crowded)
      await page.locator('tr[data-key]').first().waitFor()
      const { atMs, rows, y } = await page.evaluate<Frames>(SCROLLING)
      const tookMs = atMs.slice(1).map((ms, i) => ms - atMs[i]!)
      if (process.env.BANDWITNESS_FRAMES !== undefined) console.log(name, figuresOf(tookMs))
      expect([Math.max(...rows) < 120, y], name).to.deep.equal([true, FRAMES * FRAME_PX])
      await page.close()
    }
  })

  it('keeps the search in its address, and says if nothing matches', async () => {
    const page = await open(LINK.providers)
    await page.getByLabel('Search').fill('0xnothing')
    await page.getByText('No provider matches.').waitFor()
    expect(new URL(page.url()).hash).to.contain('q=0xnothing')
    await page.reload()
    await page.getByText('No provider matches.').waitFor()
    expect(await page.getByLabel('Search').inputValue()).to.equal('0xnothing')
  })

  it('comes back to the place in the list where the reader was', async () => {
    const crowded = await serve(EPOCHS, 1000)
    const page = await open(LINK.providers, {}, crowded)
    await page.locator('tr[data-key]').first().waitFor()
    await page.evaluate('scrollTo(0, 9000)')
    const row = page.locator('tr[aria-rowindex="290"]')
    await row.waitFor()
    const name = await row.locator('a').textContent()
    await row.locator('a').click()
    await page.getByRole('heading', { name: `Provider ${name}` }).waitFor()
    expect(await page.evaluate('scrollY')).to.equal(0)
    await page.goBack()
    await row.waitFor()
    expect(await row.locator('a').textContent()).to.equal(name)
    expect(await page.evaluate('scrollY')).to.be.within(8000, 10_000)
  })

  it('says in the words of the API what is wrong with an address', async () => {
    const page = await open(LINK.provider(`0x${'0'.repeat(40)}`))
    await page.getByRole('alert').getByText('0x0000').waitFor()
    await page.goto(`${server.url}/#/?tier=high`)
    await page.getByRole('alert').getByText('tier "high" is not a number').waitFor()
    await page.goto(`${server.url}/${LINK.explanation(PROVIDERS.honest, 99)}`)
    await page
      .getByRole('alert')
      .getByText(/epoch 99/)
      .waitFor()
  })

  it('sorts by a click on a title, and tells it to screen readers', async () => {
    const page = await open(LINK.providers)
    const title = page.getByRole('columnheader', { name: 'Score' })
    await title.getByRole('button').click()
    await page.locator('th[aria-sort=descending]', { hasText: 'Score' }).waitFor()
    await title.getByRole('button').click()
    await page.locator('th[aria-sort=ascending]', { hasText: 'Score' }).waitFor()
    const first = page.locator('tr[data-key]').first().locator('td.figure:nth-child(7)')
    await first.filter({ hasText: /^0\.0 %/ }).waitFor()
  })

  it('says so if the verifier has no answer, and keeps what it showed', async () => {
    const page = await open(LINK.provider(PROVIDERS.throttled))
    await page.getByText('Slashed 86.6 tokens').first().waitFor()
    await page.context().setOffline(true)
    await page.evaluate("location.hash = '#/verifiers'")
    await page.getByText('The verifier does not answer.').waitFor()
  })

  for (const [how, lose] of Object.entries(LOST)) {
    it(`asks again for an answer that ${how}, while its stream of events goes on`, async () => {
      // The first report of the stream has the page ask again, too.
      const told = Promise.withResolvers<void>()
      let lists = 0
      const page = await open(LINK.providers, {}, server, async context => {
        context.on('request', request => {
          if (request.url().includes('/v1/providers') && ++lists === 2) told.resolve()
        })
      })
      await told.promise
      let asked = 0
      await page.route('**/v1/verifiers', route => (asked++ === 0 ? lose(route) : route.continue()))
      await page.evaluate("location.hash = '#/verifiers'")
      await page.getByRole('alert').waitFor()
      await page.locator('tbody tr').first().waitFor()
      expect(asked).to.be.at.least(2)
    })
  }
})
