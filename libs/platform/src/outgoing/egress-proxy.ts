import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';

/** Statuses with which a proxy says that it did try, and that the other side was not there (RFC 9110, 15.6). */
const NOT_REACHED = new Set([502, 503, 504]);

const TIMED_OUT = 'ETIMEDOUT';

/**
 * An HTTP proxy through which public addresses are reached (CONNECT, RFC 9110, 9.3.6). It is told an address and never a
 * name: what was checked is then what is connected to, however the proxy would have resolved the name.
 */
export class EgressProxy {
  readonly #url: URL;
  readonly #authorization: string | undefined;
  readonly #secureContext: SecureContext | undefined;

  /**
   * @param url `http:` or `https:`, with host and port
   * @param credentials `user:password`, for a proxy that asks for them
   * @param secureContext authorities to trust when the proxy itself is reached by https
   */
  constructor(url: URL, credentials?: string, secureContext?: SecureContext) {
    this.#url = url;
    this.#authorization = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    this.#secureContext = secureContext;
  }

  /**
   * A connection to that address and port, to speak TLS through.
   * @throws ProxyFailed when the proxy is not there, or does not let us
   * @throws TargetNotReached when it says that nobody is there, ETIMEDOUT when it says nothing in time
   */
  connect(address: string, port: number, timeoutMs: number): Promise<Socket> {
    const authority = `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
    const request = (this.#url.protocol === 'https:' ? tlsRequest : plainRequest)({
      method: 'CONNECT',
      host: this.#url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: this.#url.port || (this.#url.protocol === 'https:' ? 443 : 80),
      path: authority,
      headers: { host: authority, ...(this.#authorization && { 'proxy-authorization': this.#authorization }) },
      // A tunnel is used once; the connection is then the partner's.
      agent: false,
      ...(this.#secureContext && { secureContext: this.#secureContext }),
    });
    const timer = setTimeout(() => request.destroy(timedOut()), timeoutMs);
    request.once('close', () => clearTimeout(timer));
    return new Promise((resolve, reject) => {
      request.once('connect', ({ statusCode = 0 }, socket: Socket, early) => {
        // Nobody speaks before we do in TLS: whatever comes at once comes from the proxy.
        if (statusCode >= 200 && statusCode < 300 && early.length === 0) return resolve(socket);
        socket.on('error', () => undefined).destroy();
        reject(NOT_REACHED.has(statusCode) ? new TargetNotReached() : new ProxyFailed());
      });
      request.on('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === TIMED_OUT ? error : new ProxyFailed()),
      );
      request.end();
    });
  }
}

/** The proxy is not there, or refuses us. Its text is for the operator; it repeats nothing of what the proxy says. */
export class ProxyFailed extends Error {
  override readonly name = 'ProxyFailed';
  readonly code = 'FAIRLEAD_PROXY_FAILED';

  constructor() {
    super('the egress proxy is not there, or does not let us through');
  }
}

/** The proxy has tried. */
export class TargetNotReached extends Error {
  override readonly name = 'TargetNotReached';
  readonly code = 'FAIRLEAD_TARGET_NOT_REACHED';

  constructor() {
    super('the egress proxy reaches nobody there');
  }
}

function timedOut(): Error {
  return Object.assign(new Error('the egress proxy does not answer'), { code: TIMED_OUT });
}
