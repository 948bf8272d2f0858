import { Controller, Get, Header, Headers, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { notFound, Public } from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Built from `page/`; built files are part of the source, so that nobody needs what builds them. */
const BUILT = new URL('../../static/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Names of these files tell their content, so a browser asks for each once. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * Scripts and styles of this server alone; a style element only with this answer's nonce. Nothing is fetched from elsewhere, no form is sent,
 * and no other site's page may show this one in a frame.
 */
function policyWith(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * The page and the files that it is made of. Which of its screens is looked at stands behind the `#` of the address, which no browser sends: no
 * id, filter or one-time link in it gets into anybody's log. A megabyte or two, and the same for everybody: kept in memory.
 */
@ApiExcludeController()
@Controller('console')
@Public()
export class PageController {
  private readonly page = readFileSync(new URL('index.html', BUILT), 'utf8');
  private readonly files: ReadonlyMap<string, BuiltFile> = new Map(
    readdirSync(new URL('assets/', BUILT)).map((name) => [name, builtFile(name)]),
  );

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('referrer-policy', 'no-referrer')
  show(@Res({ passthrough: true }) reply: FastifyReply): string {
    const nonce = randomBytes(16).toString('base64url');
    void reply.header('content-security-policy', policyWith(nonce));
    return this.page.replace('%NONCE%', nonce);
  }

  @Get('assets/:asset')
  @Header('cache-control', FOR_EVER)
  @Header('vary', 'accept-encoding')
  asset(
    @Param('asset') name: string,
    @Headers('accept-encoding') accepted: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Buffer {
    const file = this.files.get(name);
    if (!file?.type) throw notFound('file');
    void reply.header('content-type', file.type);
    // A worker has the policy that its own file comes with: it works out what it is given, and reaches nothing.
    if (name.endsWith('.js')) void reply.header('content-security-policy', "default-src 'none'");
    if (!/\bgzip\b/.test(accepted ?? '')) return file.bytes;
    void reply.header('content-encoding', 'gzip');
    return (file.small ??= gzipSync(file.bytes, { level: 9 }));
  }
}

interface BuiltFile {
  readonly type: string | undefined;
  readonly bytes: Buffer;
  /** Compressed when it is asked for first. */
  small?: Buffer;
}

function builtFile(name: string): BuiltFile {
  return { type: TYPES[extname(name)], bytes: readFileSync(new URL(`assets/${name}`, BUILT)) };
}
