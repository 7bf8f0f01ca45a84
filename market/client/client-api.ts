/** The option of commands that ask, or are, a client that runs. */
export const CLIENT_API = {
  type: 'string',
  default: '127.0.0.1:7382',
  describe: "Host and port of the client's HTTP API",
} as const
