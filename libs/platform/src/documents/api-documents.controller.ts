import { Controller, Get, Header, Param, StreamableFile } from '@nestjs/common';
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Public } from '../access/decorators.js';
import { notFound } from '../http/problem.js';
import { ApiDocuments } from './api-documents.js';

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
/** What the page needs of swagger-ui-dist, and nothing else in that folder. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Fairlead API</title>
    <link rel="icon" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });\n`;

/** Scripts and styles of this server only; the page's own styles are set by script, which a stricter rule would break. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/**
 * The documents and the page that shows them. Controllers of ours rather than SwaggerModule.setup, which would put its
 * routes beside the guard.
 */
@ApiExcludeController()
@Controller()
@Public()
export class ApiDocumentsController {
  constructor(private readonly documents: ApiDocuments) {}

  @Get('openapi.json')
  combined(): OpenAPIObject {
    return this.documents.combined;
  }

  @Get('openapi/:service')
  ofService(@Param('service') file: string): OpenAPIObject {
    const document = file.endsWith('.json') ? this.documents.of(file.slice(0, -'.json'.length)) : undefined;
    if (!document) throw notFound('document');
    return document;
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', PAGE_POLICY)
  page(): string {
    return PAGE;
  }

  @Get('docs/start.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  start(): string {
    return START;
  }

  @Get('docs/:asset')
  @Header('cache-control', 'public, max-age=86400')
  asset(@Param('asset') name: string): StreamableFile {
    const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (type === undefined) throw notFound('file');
    return new StreamableFile(createReadStream(join(assets, name)), { type });
  }
}
