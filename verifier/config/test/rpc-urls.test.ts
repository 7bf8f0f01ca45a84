/** The URLs of chain nodes: which are taken, and that their keys turn up in no text. */
import { expect } from 'chai'
import pino from 'pino'
import { UserError } from '../errors.js'
import { rpcUrls, shownUrl } from '../rpc-urls.js'
import { withoutSecrets } from '../secrets.js'

const KEY = 'Zm9vYmFyQ2hhaW5LZXk1Nzc3'
const shown = (url: string): string => shownUrl(rpcUrls(url)[0]!)

describe('the URLs of chain nodes', () => {
  it('are one, or several with commas between them', () => {
    expect(rpcUrls('http://127.0.0.1:8545')).to.deep.equal(['http://127.0.0.1:8545'])
    expect(rpcUrls('https://a.example/v3/x, http://[::1]:1')).to.deep.equal([
      'https://a.example/v3/x',
      'http://[::1]:1',
    ])
  })

  it('what is no URL is refused without being shown: it may hold a key', () => {
    for (const text of [
      '',
      `rpc.example/v3/${KEY}`,
      `htps://rpc.example/${KEY}`,
      `http:///${KEY}`,
      `http://a,${KEY}`,
    ]) {
      expect(() => rpcUrls(text), text)
        .to.throw(UserError, '--rpc')
        .and.satisfies((error: UserError) => error.exitCode === 2 && !error.message.includes(KEY))
    }
  })

  it('are shown by where they lead', () => {
    expect(shown('http://127.0.0.1:8545')).to.equal('http://127.0.0.1:8545')
    expect(shown('http://127.0.0.1:8545/')).to.equal('http://127.0.0.1:8545')
    expect(shown('https://mainnet.rpc.example/ethereum')).to.equal('https://mainnet.rpc.example/…')
  })

  const PLACES: readonly (readonly [place: string, url: (key: string) => string])[] = [
    ['path', key => `https://rpc.example/v3/${key}`],
    ['middle of the path', key => `https://rpc.example/${key}/mainnet/`],
    ['query', key => `https://rpc.example/?apikey=${key}`],
    ['query without a name', key => `https://rpc.example/?${key}`],
    ['password', key => `https://user:${key}@rpc.example`],
    ['name of the user', key => `https://${key}@rpc.example`],
    ['host', key => `https://${key.toLowerCase()}.rpc.example`],
  ]
  for (const [place, url] of PLACES) {
    it(`a key in the ${place} turns up in no text`, () => {
      const key = `${KEY}${place.length}`
      const full = url(key)
      expect(shown(full).toLowerCase()).to.include('rpc.example').and.not.include(key.toLowerCase())
      for (const text of [`GET ${full} failed`, `unknown key ${place === 'host' ? key.toLowerCase() : key}`]) {
        expect(withoutSecrets(text).toLowerCase()).not.to.include(key.toLowerCase())
      }
    })
  }

  it('a key that is written with per cent signs is hidden in both forms', () => {
    rpcUrls('https://rpc.example/a%2Fb%2Fc-1234567')
    expect(withoutSecrets('no such key: a/b/c-1234567, a%2Fb%2Fc-1234567')).to.equal('no such key: …, …')
  })

  it('words of a URL that are no keys stay in other texts', () => {
    rpcUrls('https://me:me@mainnet.example/ethereum/v3')
    expect(withoutSecrets('ethereum mainnet v3 me')).to.equal('ethereum mainnet v3 me')
  })

  it('the log of a node hides keys wherever a library puts them', () => {
    const url = `https://rpc.example/v2/${KEY}`
    rpcUrls(url)
    const lines: string[] = []
    const log = pino({ hooks: { streamWrite: withoutSecrets } }, { write: line => void lines.push(line) })
    const error = Object.assign(new Error(`request to ${url} failed`), { info: { requestUrl: url, nested: [KEY] } })
    log.error({ err: error, url }, url)
    expect(lines).to.have.length(1)
    expect(JSON.parse(lines[0]!)).to.have.property('msg', 'https://rpc.example/v2/…')
    expect(lines[0]).not.to.include(KEY)
  })
})
