import { expect } from 'chai'
import { watch } from '../watch.js'
import { Terminal } from './terminal.js'

describe('--watch', () => {
  let terminal: Terminal
  let stop: AbortController
  let looks: number

  beforeEach(() => {
    terminal = new Terminal()
    stop = new AbortController()
    looks = 0
  })

  const start = (look: () => Promise<string>) =>
    watch({}, { look, textOf: text => text, until: stop.signal, everyMs: 1 }, terminal)

  it('draws each finding in place, and ends without an error when it is interrupted', async () => {
    const third = terminal.holds('look 3')
    const watching = start(async () => `look ${++looks}`)
    await third
    stop.abort()
    await watching
    expect(terminal.listenerCount('resize')).to.equal(0)
  })

  it('fits the text to the terminal, and draws it anew when the size changes', async () => {
    const wide = terminal.holds('x'.repeat(60))
    const watching = start(async () => 'x'.repeat(60))
    await wide
    terminal.columns = 20
    const narrow = terminal.holds(`${'x'.repeat(19)}…\n`)
    terminal.emit('resize')
    expect(await narrow).not.to.include('x'.repeat(20))
    stop.abort()
    await watching
  })

  it('keeps what was seen last if a look fails, says so, and goes on', async () => {
    const failed = terminal.holds('Not up to date: no answer')
    const again = terminal.holds('look 3')
    const watching = start(async () => {
      if (++looks === 2) throw new Error('no answer')
      return `look ${looks}`
    })
    await failed
    await again
    stop.abort()
    await watching
  })

  it('fails as the command does if the first look fails', async () => {
    const error = await start(() => Promise.reject(new Error('no chain'))).catch(e => e)
    expect(error.message).to.equal('no chain')
  })

  it('gives up a look that never ends', async () => {
    const watching = start(() => new Promise(() => {}))
    stop.abort()
    await watching
  })

  it('shows no control character of others', async () => {
    const drawn = terminal.holds('name')
    const watching = start(async () => 'name \u001b]0;evil\u0007')
    expect(await drawn).to.include('name \\u{1b}]0;evil\\u{7}')
    stop.abort()
    await watching
  })
})
