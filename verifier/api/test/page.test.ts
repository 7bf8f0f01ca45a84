import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { build } from 'vite'
import { pageFiles, pageRoutes } from '../page.js'
import { type ApiServer, serveApi } from '../server.js'

/** Of script, over the wire. */
const SCRIPT_BYTES = 100_000

describe('the files of the page', () => {
  let folder: string
  let api: ApiServer
  const get = (path: string, headers: Record<string, string> = {}) => fetch(api.url + path, { headers })

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bandwitness-page-'))
    const configFile = join(import.meta.dirname, '..', '..', 'page', 'vite.config.ts')
    await build({ configFile, logLevel: 'warn', build: { outDir: join(folder, 'page') } })
    await writeFile(join(folder, 'secret.html'), 'outside')
    const files = await pageFiles(join(folder, 'page'))
    api = await serveApi({ host: '127.0.0.1', port: 0 }, app => {
      pageRoutes(app, files)
      app.get('/v1/status', () => ({}))
    })
  })

  after(async () => {
    await api?.close()
    await rm(folder, { recursive: true })
  })

  it('hold less than 100 kB of script over the wire, and ask no other host', async () => {
    const assets = join(folder, 'page', 'assets')
    const names = await readdir(assets)
    const scripts = await Promise.all(
      names.filter(name => name.endsWith('.js')).map(name => readFile(join(assets, name))),
    )
    expect(scripts.reduce((sum, script) => sum + gzipSync(script, { level: 9 }).length, 0)).to.be.below(SCRIPT_BYTES)
    const html = await (await get('/')).text()
    const asked = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(match => match[1]!)
    expect(asked.length).to.be.at.least(3)
    expect(asked.filter(url => !url.startsWith('./'))).to.deep.equal([])
  })

  it('come with a policy that lets nothing in from another host', async () => {
    for (const path of ['/', '/icon.svg']) {
      const { headers } = await get(path)
      expect(headers.get('content-security-policy')).to.match(/^default-src 'self';/)
      expect(headers.get('content-security-policy')).not.to.contain('unsafe')
      expect(headers.get('x-content-type-options')).to.equal('nosniff')
    }
  })

  it('are sent again only if they are others, and packed if the reader unpacks', async () => {
    const first = await get('/', { 'accept-encoding': 'gzip' })
    expect([first.status, first.headers.get('content-encoding')]).to.deep.equal([200, 'gzip'])
    expect(first.headers.get('cache-control')).to.equal('no-cache')
    const again = await get('/', { 'if-none-match': first.headers.get('etag')! })
    expect([again.status, await again.text()]).to.deep.equal([304, ''])
    const script = /src="\.(\/assets\/[^"]+)"/.exec(await first.text())![1]!
    const plain = await get(script, { 'accept-encoding': 'identity' })
    expect(plain.headers.get('content-encoding')).to.equal(null)
    expect(plain.headers.get('cache-control')).to.contain('immutable')
    expect(plain.headers.get('content-type')).to.contain('text/javascript')
  })

  it('leave the paths of the API alone, and lead to no other file', async () => {
    expect((await get('/v1/status')).status).to.equal(200)
    for (const path of [
      '/../secret.html',
      '/assets/..%2f..%2fsecret.html',
      '/%2e%2e/secret.html',
      '/assets/',
      '/index.html',
    ])
      expect((await get(path)).status, path).to.equal(404)
  })

  it('are none where the page is not built, and are no other kinds of files', async () => {
    expect(await pageFiles(join(folder, 'nowhere'))).to.deep.equal([])
    await mkdir(join(folder, 'other', 'deep'), { recursive: true })
    await writeFile(join(folder, 'other', 'deep', 'keys.json'), '{}')
    expect(await pageFiles(join(folder, 'other'))).to.deep.equal([])
  })
})
