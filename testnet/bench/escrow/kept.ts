/** What the disk holds of payments: signed by the client, and kept by its payees. Copies are read, since the owners may live. */
import { cp, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Purse } from '../../../market/client/purse.js'
import { type KeptVoucher, openVoucherStore } from '../../../market/provider/vouchers/voucher-store.js'
import type { Hex } from '../../../proto/hex.js'
import type { Ground } from './ground.js'

export const PURPOSES = ['relay', 'exit'] as const
export type Purpose = (typeof PURPOSES)[number]

export interface Kept {
  /** by channel: bytes that the client has signed for */
  readonly signed: Readonly<Record<Purpose, ReadonlyMap<Hex, number>>>
  /** by channel: the newest voucher of its payee */
  readonly vouchers: Readonly<Record<Purpose, ReadonlyMap<Hex, KeptVoucher>>>
}

export async function readKept({ accounts: { client, provider, exit }, chain }: Ground): Promise<Kept> {
  const channels = await withCopy(join(client.dataDir, 'purse'), async path => {
    const purse = await Purse.open(path, chain.network)
    const { channels } = purse
    await purse.close()
    return channels
  })
  const signedFor = (purpose: Purpose) =>
    new Map((channels ?? []).filter(one => one.purpose === purpose).map(({ id, total }) => [id, total]))
  return {
    signed: { relay: signedFor('relay'), exit: signedFor('exit') },
    vouchers: {
      relay: await vouchersIn(join(provider.dataDir, 'vouchers')),
      exit: await vouchersIn(join(exit.dataDir, 'exit-vouchers')),
    },
  }
}

async function vouchersIn(path: string): Promise<ReadonlyMap<Hex, KeptVoucher>> {
  const all = await withCopy(path, async copy => {
    const store = await openVoucherStore(copy)
    const vouchers = store.all()
    await store.close()
    return vouchers
  })
  return new Map((all ?? []).map(kept => [kept.voucher.channel, kept]))
}

/** A database that lives may replace its files while they are copied. The next copy is whole. */
const TRIES = 3

/** @returns undefined if there is no such folder yet */
async function withCopy<T>(path: string, read: (copy: string) => Promise<T>): Promise<T | undefined> {
  if (!(await stat(path).catch(() => undefined))) return undefined
  for (let left = TRIES - 1; left > 0; left--) {
    try {
      return await ofCopy(path, read)
    } catch {
      // once more
    }
  }
  return ofCopy(path, read)
}

async function ofCopy<T>(path: string, read: (copy: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'bandwitness-kept-'))
  try {
    const copy = join(directory, 'copy')
    await cp(path, copy, { recursive: true })
    return await read(copy)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
