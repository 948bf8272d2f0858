import type { INestApplication, Type } from '@nestjs/common';
import { Controller, Get, Header, Injectable, Param, StreamableFile } from '@nestjs/common';
import { ApiExcludeController, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join, dirname } from 'node:path';
import { type Access, Public } from '../access/decorators.js';
import { notFound } from '../http/problem.js';
import type { Route } from '../routes.js';

export interface DocumentedService {
  readonly name: string;
  readonly module: Type;
}

/** The OpenAPI documents of this process: one for each of its services, and one of everything it serves. */
@Injectable()
export class ApiDocuments {
  #combined: OpenAPIObject | undefined;
  readonly #byService = new Map<string, OpenAPIObject>();

  build(
    app: INestApplication,
    given: {
      readonly services: readonly DocumentedService[];
      readonly platform: Type;
      readonly routes: readonly Route[];
    },
  ): void {
    const { services, platform, routes } = given;
    const names = services.map(({ name }) => name);
    this.#combined = withAccess(SwaggerModule.createDocument(app, describe(names), options()), routes);
    for (const { name, module } of services) {
      const document = SwaggerModule.createDocument(app, describe([name]), {
        ...options(),
        include: [module, platform],
      });
      this.#byService.set(name, withAccess(document, routes));
    }
  }

  get combined(): OpenAPIObject {
    if (!this.#combined) throw new Error('the documents are built when the application starts');
    return this.#combined;
  }

  of(service: string): OpenAPIObject | undefined {
    return this.#byService.get(service);
  }
}

function options() {
  return {
    operationIdFactory: (controller: string, method: string) => `${controller.replace(/Controller$/, '')}.${method}`,
  };
}

function describe(services: readonly string[]): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(services.length === 1 ? `Fairlead: ${String(services[0])}` : 'Fairlead')
    .setDescription(
      'Distributes leads under one published policy. Errors are RFC 9457 problem details. ' +
        'Lists are paged by key: `next` of a page is `after` of the following one.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key, `flk_…`' })
    .build();
  return builder;
}

/**
 * Says of every operation whom it is for and how it refuses. Taken from the routes rather than written beside each, where it
 * would one day differ from what the guard does.
 */
function withAccess(document: OpenAPIObject, routes: readonly Route[]): OpenAPIObject {
  for (const { method, path, access } of routes) {
    const item = document.paths[path.replace(/:([A-Za-z0-9_]+)/g, '{$1}')];
    const operation = item?.[method.toLowerCase() as 'get'];
    if (!operation || access === undefined) continue;
    Object.assign(operation, {
      ...howToProve(access),
      responses: { ...operation.responses, ...refusalsOf(access), default: problem('What else went wrong') },
    });
  }
  Object.assign((document.components ??= {}), { schemas: { ...document.components.schemas, Problem: PROBLEM } });
  return document;
}

function howToProve(access: Access): { security: Record<string, string[]>[]; 'x-roles'?: readonly string[] } {
  if (access === 'public') return { security: [] };
  // The empty one: a signature of the sender's own kind, which this language has no word for.
  if (access === 'signed') return { security: [{}, { bearer: [] }], 'x-roles': ['source'] };
  return { security: [{ bearer: [] }], 'x-roles': access };
}

function refusalsOf(access: Access): Record<number, ReturnType<typeof problem>> {
  if (access === 'public') return {};
  if (access === 'signed') return { 401: problem('Nothing proves where it comes from') };
  return { 401: problem('No key, or not a valid one'), 403: problem('Not for this key') };
}

function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

/** RFC 9457, with the members that ours may have. */
const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: {
      type: 'string',
      format: 'uri',
      description: 'Names the kind of problem, e.g. urn:fairlead:problem:invalid-input',
    },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'detail'],
        properties: {
          index: { type: 'integer', description: 'Row of a batch, counted from 0' },
          field: { type: 'string', description: 'JSON Pointer (RFC 6901), or the name of a parameter' },
          detail: { type: 'string' },
        },
      },
    },
    errorsOmitted: { type: 'integer', description: 'How many more errors there are than are shown' },
    traceId: { type: 'string', description: 'Under it an unexpected error is found in the logs' },
  },
} as const;

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
