/** Whether the API can listen, found out before a node pays for its announcement. */
import { serveApi } from '../api/server.js'

/** @param port 0 for any, which is always there. @throws UserError 'port-in-use' */
export async function checkListenable(host: string, port: number): Promise<void> {
  const server = await serveApi({ host, port }, () => {})
  await server.close()
}
