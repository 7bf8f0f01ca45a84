/** All providers that a verifier lists, page by page. */
import { ApiError, ENDPOINTS } from '../client/index.js'
import type { ProviderJson } from '../evidence/schema/providers.js'
import { acceptedOf, apiAt } from './api-client.js'

/** @throws UserError as `askApi` */
export async function listProviders(api: string): Promise<ProviderJson[]> {
  const rows: ProviderJson[] = []
  try {
    const listed = apiAt(api).items(ENDPOINTS.providers, { sort: 'index', order: 'asc', limit: 1000 })
    for await (const row of listed) rows.push(row)
  } catch (error) {
    if (error instanceof ApiError) return acceptedOf<never>(error.answer, api, ENDPOINTS.providers)
    throw error
  }
  return rows
}
