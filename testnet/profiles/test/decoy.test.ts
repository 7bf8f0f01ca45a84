import { expect } from 'chai'
import type { Packet } from '../../../probe/plane/forwarding.js'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { createForwarding, decoyForwarding } from '../forwarding/decoy.js'
import { LevelTable } from '../forwarding/level-table.js'

const CLAIM_KBPS = 25_000
const DATAGRAM_BYTES = 1200
const FIRST_MS = 1_700_000_000_000
const SLOT_MS = 1700
/** More than any level, as senders offer. */
const OFFERED_SHARE = 1.65

describe('the forwarding of a decoy', () => {
  const limited = new Map([
    [0, 8200],
    [1, 8800],
    [4, 9400],
  ])
  const table = new LevelTable()
  table.write(FIRST_MS, SLOT_MS, new Map([...limited, [2, 10_000]]))
  let nowMs = 0
  const open = () => {
    // As the worker gets it: a structured clone, which shares the memory.
    const { options } = structuredClone(decoyForwarding(CLAIM_KBPS, table))
    return createForwarding(options as Parameters<typeof createForwarding>[0], () => nowMs)
  }

  /** Sends for a second. @returns the rate of what passed, kbit/s at the IP layer */
  function passedKbps(forwarding: ReturnType<typeof open>, openedMs: number, sessions = 3): number {
    const everyMs = (8 * (DATAGRAM_BYTES + IP_UDP_HEADER_BYTES)) / (OFFERED_SHARE * CLAIM_KBPS)
    let bytes = 0
    const [fromMs, untilMs] = [openedMs + 300, openedMs + 1300]
    for (let i = 0; fromMs + i * everyMs < untilMs; i++) {
      nowMs = fromMs + i * everyMs
      const packet = { length: DATAGRAM_BYTES, session: i % sessions, ageMs: nowMs - openedMs } as Packet
      if (forwarding.forward(packet, nowMs) === 'now' && nowMs > fromMs + 200)
        bytes += DATAGRAM_BYTES + IP_UDP_HEADER_BYTES
    }
    return (8 * bytes) / 800
  }

  it('lets the level of the slot through in which the sessions were opened, whatever lasts into the next', () => {
    const forwarding = open()
    for (const [round, levelBps] of limited) {
      const levelKbps = (levelBps * CLAIM_KBPS) / 10_000
      const openedMs = FIRST_MS + round * SLOT_MS + 900 // the data flows on into the next slot
      expect(passedKbps(forwarding, openedMs), `round ${round}`).to.be.closeTo(levelKbps, 0.01 * CLAIM_KBPS)
    }
  })

  it('lets everything through that is opened at the level of the claim, or in no slot of the assignment', () => {
    const offered = OFFERED_SHARE * CLAIM_KBPS
    for (const openedMs of [2, 3, 5, 1000, -2].map(round => FIRST_MS + round * SLOT_MS))
      expect(passedKbps(open(), openedMs)).to.be.closeTo(offered, 0.01 * offered)
  })

  it('makes good for what a busy machine could not take, and reads no more than the level over all', () => {
    const forwarding = open()
    const everyMs = (8 * (DATAGRAM_BYTES + IP_UDP_HEADER_BYTES)) / (OFFERED_SHARE * CLAIM_KBPS)
    let bytes = 0
    for (let ms = 0; ms < 2300; ms += everyMs) {
      // Of each 300 ms, the relay's thread gets nothing for 100 ms, and then all that has come.
      nowMs = FIRST_MS + (ms % 300 < 100 ? ms - (ms % 300) + 100 : ms)
      const packet = { length: DATAGRAM_BYTES, session: 1, ageMs: nowMs - FIRST_MS } as Packet
      if (forwarding.forward(packet, nowMs) === 'now' && ms >= 200) bytes += DATAGRAM_BYTES + IP_UDP_HEADER_BYTES
    }
    expect((8 * bytes) / 2100).to.be.closeTo(0.82 * CLAIM_KBPS, 0.01 * CLAIM_KBPS)
  })

  it('takes a new table at once, and refuses one that is too long', () => {
    const young = new LevelTable()
    const other = new LevelTable(young.memory)
    expect(other.slotAt(FIRST_MS)).to.equal(undefined)
    young.write(FIRST_MS, SLOT_MS, new Map([[2, 8800]]))
    expect(other.slotAt(FIRST_MS + 2 * SLOT_MS)).to.deep.equal({ startMs: FIRST_MS + 2 * SLOT_MS, levelBps: 8800 })
    expect(other.slotAt(FIRST_MS)!.levelBps).to.equal(10_000)
    young.write(FIRST_MS, SLOT_MS, new Map())
    expect(other.slotAt(FIRST_MS)).to.equal(undefined)
    expect(() => young.write(FIRST_MS, SLOT_MS, new Map([[5000, 8800]]))).to.throw(RangeError)
  })
})
